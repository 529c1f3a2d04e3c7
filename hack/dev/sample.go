package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/dev/issuer"
	"lifeline.scot/hack/dev/partners"
	"lifeline.scot/hack/scotland"
)

// The note is a ConfigMap that says which sample data a cluster has had. Without it, what somebody deleted would come back
// at each start, and each start would count beds anew.
const (
	noteName      = "lifeline-sample-data"
	noteNamespace = corev1.NamespaceDefault
	noteObjects   = "objects"    // a hash of the objects applied last
	noteCounts    = "counts"     // when the demonstration counts were made
	noteAgreed    = "agreements" // when the demonstration agreements were made
	notePathways  = "pathways"   // when the demonstration pathways were made
)

const (
	// namespacesLimit is how long the operator may take to make the namespaces of all Partnerships.
	namespacesLimit = 2 * time.Minute
	// writers is how many objects are applied at a time.
	writers = 8
)

// applySample applies the Scottish sample data that the cluster has not had yet: all of it on the first start, the facts
// again after they have changed in the repository, else nothing.
func (s *stack) applySample(ctx context.Context) error {
	objects, err := scotland.Objects()
	if err != nil {
		return fmt.Errorf("sample data: %w", err)
	}
	if objects, err = issuer.Enrol(objects); err != nil {
		return fmt.Errorf("sample data: %w", err)
	}
	if err := partners.Enrol(objects, partners.Address(s.settings.partners), signing); err != nil {
		return fmt.Errorf("sample data: %w", err)
	}
	hash, err := fingerprint(objects)
	if err != nil {
		return fmt.Errorf("sample data: %w", err)
	}
	note, err := s.readNote(ctx)
	if err != nil {
		return err
	}
	if note.Data[noteObjects] == hash && hasAll(note, noteCounts, noteAgreed, notePathways) {
		s.say("the sample data is there already and is left as it is")
		return nil
	}
	if err := s.applyFacts(ctx, objects); err != nil {
		return fmt.Errorf("sample data: %w", err)
	}
	note.Data[noteObjects] = hash
	for _, once := range []struct {
		note  string
		apply func(context.Context, time.Time) error
	}{{noteCounts, s.applyCounts}, {noteAgreed, s.applyAgreements}, {notePathways, s.applyPathways}} {
		if note.Data[once.note] != "" {
			continue
		}
		now := time.Now()
		if err := once.apply(ctx, now); err != nil {
			return fmt.Errorf("demonstration %s: %w", once.note, err)
		}
		note.Data[once.note] = now.UTC().Format(time.RFC3339)
	}
	return s.apply(ctx, note, always)
}

func fingerprint(objects []client.Object) (string, error) {
	hash := sha256.New()
	for _, object := range objects {
		if err := json.NewEncoder(hash).Encode(object); err != nil {
			return "", fmt.Errorf("encode %s: %w", describe(object), err)
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// readNote gives the note, ready to be applied; it is empty when the cluster has none.
func (s *stack) readNote(ctx context.Context) (*corev1.ConfigMap, error) {
	found := &corev1.ConfigMap{}
	err := s.client.Get(ctx, client.ObjectKey{Namespace: noteNamespace, Name: noteName}, found)
	if err != nil && !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("ask which sample data is there: %w", err)
	}
	note := &corev1.ConfigMap{Data: map[string]string{}}
	note.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ConfigMap"))
	note.Name, note.Namespace = noteName, noteNamespace
	for key, value := range found.Data {
		note.Data[key] = value
	}
	return note, nil
}

// applyFacts applies the objects kind by kind. Namespaces are the operator's to make.
func (s *stack) applyFacts(ctx context.Context, objects []client.Object) error {
	awaited := false
	for _, group := range byKind(objects) {
		if group[0].GetNamespace() != "" && !awaited {
			if err := s.awaitNamespaces(ctx, objects); err != nil {
				return err
			}
			awaited = true
		}
		s.say(fmt.Sprintf("applying %d × %s", len(group), group[0].GetObjectKind().GroupVersionKind().Kind))
		if err := s.applyAll(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

// byKind cuts the objects where the kind changes, and keeps their order.
func byKind(objects []client.Object) (groups [][]client.Object) {
	for _, object := range objects {
		kind := object.GetObjectKind().GroupVersionKind()
		last := len(groups) - 1
		if last < 0 || groups[last][0].GetObjectKind().GroupVersionKind() != kind {
			groups = append(groups, nil)
			last++
		}
		groups[last] = append(groups[last], object)
	}
	return groups
}

// applyAll applies objects of one kind. What somebody has changed stays as they left it.
func (s *stack) applyAll(ctx context.Context, objects []client.Object) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	var changed atomic.Int64
	for _, object := range objects {
		group.Go(func() error {
			err := s.apply(ctx, object, never)
			if kept(err) {
				changed.Add(1)
				return nil
			}
			return err
		})
	}
	err := group.Wait()
	if n := changed.Load(); n > 0 {
		s.say(fmt.Sprintf("  %d were changed by somebody since and are left as they are", n))
	}
	return err
}

func (s *stack) applyCounts(ctx context.Context, now time.Time) error {
	reports, err := scotland.Counts(now)
	if err != nil {
		return err
	}
	s.say(fmt.Sprintf("applying %d × CapacityReport: invented for the demonstration, marked illustrative", len(reports)))
	return s.applyAll(ctx, objectsOf(reports))
}

func (s *stack) applyAgreements(ctx context.Context, now time.Time) error {
	agreements, err := scotland.Agreements(now)
	if err != nil {
		return err
	}
	s.say(fmt.Sprintf("applying %d × DataSharingAgreement: invented for the demonstration, marked illustrative", len(agreements)))
	return s.applyAll(ctx, objectsOf(agreements))
}

func (s *stack) applyPathways(ctx context.Context, _ time.Time) error {
	pathways, err := scotland.Pathways()
	if err != nil {
		return err
	}
	s.say(fmt.Sprintf("applying %d × Pathway: invented for the demonstration, marked illustrative", len(pathways)))
	return s.applyAll(ctx, objectsOf(pathways))
}

// hasAll reports whether the note says something of each of the keys.
func hasAll(note *corev1.ConfigMap, keys ...string) bool {
	return !slices.ContainsFunc(keys, func(key string) bool { return note.Data[key] == "" })
}

func objectsOf[T client.Object](typed []T) []client.Object {
	objects := make([]client.Object, 0, len(typed))
	for _, object := range typed {
		objects = append(objects, object)
	}
	return objects
}

// awaitNamespaces waits until the operator has made every namespace that the objects need.
func (s *stack) awaitNamespaces(ctx context.Context, objects []client.Object) error {
	s.say("waiting for the operator to make the namespaces")
	ctx, cancel := context.WithTimeout(ctx, namespacesLimit)
	defer cancel()
	missing := namespacesOf(objects)
	err := wait.PollUntilContextCancel(ctx, 200*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		var namespaces corev1.NamespaceList
		if err := s.client.List(ctx, &namespaces, client.HasLabels{v1alpha1.PartnershipLabel}); err != nil {
			return false, err
		}
		for _, found := range namespaces.Items {
			missing = slices.DeleteFunc(missing, func(name string) bool { return name == found.Name })
		}
		return len(missing) == 0, nil
	})
	if err != nil {
		return fmt.Errorf("the operator has not made %s (see %s): %w",
			strings.Join(missing, ", "), s.settings.log("operator"), err)
	}
	return nil
}

func namespacesOf(objects []client.Object) (names []string) {
	for _, object := range objects {
		if namespace := object.GetNamespace(); namespace != "" {
			names = append(names, namespace)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
