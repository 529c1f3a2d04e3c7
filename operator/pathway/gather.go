package pathway

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
)

// facts are what a pathway's status follows from.
type facts struct {
	pathway *v1alpha1.Pathway
	owner   reference.Owner
	// partners are all Partners, by name.
	partners map[v1alpha1.ObjectName]*v1alpha1.Partner
	// agreements are those of the ADP, in force or not.
	agreements []v1alpha1.DataSharingAgreement
}

func gather(ctx context.Context, from client.Reader, pathway *v1alpha1.Pathway) (facts, error) {
	f := facts{pathway: pathway, partners: map[v1alpha1.ObjectName]*v1alpha1.Partner{}}
	var err error
	if f.owner, err = reference.OwnerOf(ctx, from, pathway.Namespace); err != nil {
		return f, err
	}
	var partners v1alpha1.PartnerList
	if err := from.List(ctx, &partners); err != nil {
		return f, fmt.Errorf("list the partners: %w", err)
	}
	for i := range partners.Items {
		f.partners[v1alpha1.ObjectName(partners.Items[i].Name)] = &partners.Items[i]
	}
	var agreements v1alpha1.DataSharingAgreementList
	if err := from.List(ctx, &agreements, client.InNamespace(pathway.Namespace)); err != nil {
		return f, fmt.Errorf("list the agreements in %s: %w", pathway.Namespace, err)
	}
	f.agreements = agreements.Items
	return f, nil
}

// toAll leads from a Partner to every pathway: whether it stands for a public body that one of them needs, or did so before,
// cannot be told from its name.
func (r *Reconciler) toAll(ctx context.Context, _ client.Object) ([]client.ObjectKey, error) {
	return r.keys(ctx)
}

// toNeighbours leads from an agreement to the pathways of its ADP.
func (r *Reconciler) toNeighbours(ctx context.Context, agreement client.Object) ([]client.ObjectKey, error) {
	return r.keys(ctx, client.InNamespace(agreement.GetNamespace()))
}

func (r *Reconciler) keys(ctx context.Context, which ...client.ListOption) ([]client.ObjectKey, error) {
	var pathways v1alpha1.PathwayList
	if err := r.List(ctx, &pathways, which...); err != nil {
		return nil, fmt.Errorf("list the pathways: %w", err)
	}
	keys := make([]client.ObjectKey, len(pathways.Items))
	for i := range pathways.Items {
		keys[i] = client.ObjectKeyFromObject(&pathways.Items[i])
	}
	return keys, nil
}
