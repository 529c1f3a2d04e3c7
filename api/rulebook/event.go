package rulebook

import (
	"context"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Bounds of an Event.
const (
	eventTime  = 5 * time.Second // to write it
	eventBytes = 1024            // of its message
)

// component is who says what stands in an Event.
const component = "lifeline-api"

// tell writes an Event about the ConfigMap, if there is one. It is a courtesy: whoever may not write there has the log.
func (n *narrower) tell(ctx context.Context, about *corev1.ConfigMap, kind, reason, message string) {
	if about == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, eventTime)
	defer cancel()
	event := eventAbout(about, kind, reason, message, n.options.Now())
	err := n.client.Post().Namespace(about.Namespace).Resource("events").Body(event).Do(ctx).Error()
	if err != nil {
		n.options.Logger.InfoContext(ctx, "no Event could be written about stricter rules", "error", err)
	}
}

func eventAbout(about *corev1.ConfigMap, kind, reason, message string, now time.Time) *corev1.Event {
	host, _ := os.Hostname() // an Event without it is as good
	if len(message) > eventBytes {
		message = strings.ToValidUTF8(message[:eventBytes], "")
	}
	return &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: about.Namespace, GenerateName: about.Name + "."},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: "v1", Kind: "ConfigMap", Namespace: about.Namespace, Name: about.Name, UID: about.UID,
			ResourceVersion: about.ResourceVersion,
		},
		Type: kind, Reason: reason, Message: message, Count: 1,
		FirstTimestamp: metav1.NewTime(now), LastTimestamp: metav1.NewTime(now),
		Source: corev1.EventSource{Component: component, Host: host}, ReportingController: component, ReportingInstance: host,
	}
}
