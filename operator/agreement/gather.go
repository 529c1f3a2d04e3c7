package agreement

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
)

// facts are what an agreement's status follows from.
type facts struct {
	agreement *v1alpha1.DataSharingAgreement
	owner     reference.Owner
	// parties are the Partners it names that exist, by name.
	parties map[v1alpha1.ObjectName]*v1alpha1.Partner
}

func gather(ctx context.Context, from client.Reader, agreement *v1alpha1.DataSharingAgreement) (facts, error) {
	f := facts{agreement: agreement, parties: map[v1alpha1.ObjectName]*v1alpha1.Partner{}}
	var err error
	if f.owner, err = reference.OwnerOf(ctx, from, agreement.Namespace); err != nil {
		return f, err
	}
	for _, name := range agreement.Spec.Parties {
		partner, err := reference.Partner(ctx, from, string(name))
		if err != nil {
			return f, err
		}
		if partner != nil {
			f.parties[name] = partner
		}
	}
	return f, nil
}

// toAgreements leads from a Partner to the agreements that name it.
func (r *Reconciler) toAgreements(ctx context.Context, partner client.Object) ([]client.ObjectKey, error) {
	agreements, err := reference.Agreements(ctx, r.Client, partner.GetName())
	keys := make([]client.ObjectKey, len(agreements))
	for i := range agreements {
		keys[i] = client.ObjectKeyFromObject(&agreements[i])
	}
	return keys, err
}
