package partners

import (
	"fmt"
	"net"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

// Names are the partners that receive events here: those who take part in the story of `make demo`.
func Names() []string {
	return []string{"glasgow-city-hscp", "phoenix-futures", "scottish-ambulance-service", "turning-point-scotland"}
}

// Address is the endpoint of all partners, by the host:port that it listens on.
func Address(listen string) string {
	_, port, _ := net.SplitHostPort(listen) // what is no host:port cannot be listened on
	return "https://" + net.JoinHostPort(host, port)
}

// Enrol has events sent here for those among the objects that are named here, signed by the entry of a Secret that has the name
// of the partner. It fails if one is not there.
func Enrol(objects []client.Object, address string, secret client.ObjectKey) error {
	missing := Names()
	for _, object := range objects {
		partner, ok := object.(*v1alpha1.Partner)
		if !ok || !slices.Contains(missing, partner.Name) {
			continue
		}
		partner.Spec.Delivery = &v1alpha1.Delivery{
			URL: v1alpha1.WebAddress(address + "/" + partner.Name),
			SigningSecretRef: v1alpha1.SecretKeyReference{
				Namespace: v1alpha1.ObjectName(secret.Namespace), Name: v1alpha1.ObjectName(secret.Name), Key: partner.Name,
			},
			Payload: v1alpha1.PayloadReference,
		}
		missing = slices.DeleteFunc(missing, func(name string) bool { return name == partner.Name })
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s is to receive events, and there is no such organisation", missing[0])
	}
	return nil
}
