// Package placementtest keeps claims and counts in memory, for tests of what is built on them.
package placementtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/api/placement"
	"lifeline.scot/crds/v1alpha1"
)

// Store is a placement.Store in memory, with the same conflicts as an API server. It is safe for use by many goroutines at once.
type Store struct {
	// Book is told of every claim that is written, at once; nil tells nobody.
	Book *placement.Book
	// Now stamps what is made.
	Now func() time.Time
	// Before is asked before each write; an error is what the writer gets, and nothing is written.
	Before func() error
	// Lost is asked after each write; an error is what the writer gets although it is written.
	Lost func() error

	mu      sync.Mutex
	claims  map[placement.Name]*v1alpha1.Placement
	pools   map[placement.Name]*v1alpha1.CapacityPool
	reports map[placement.Name]*v1alpha1.CapacityReport
	version int
	writes  int
}

var _ placement.Store = (*Store)(nil)

// New returns a Store of these pools.
func New(book *placement.Book, now func() time.Time, pools ...*v1alpha1.CapacityPool) *Store {
	s := &Store{
		Book: book, Now: now,
		claims: map[placement.Name]*v1alpha1.Placement{}, pools: map[placement.Name]*v1alpha1.CapacityPool{},
		reports: map[placement.Name]*v1alpha1.CapacityReport{},
	}
	for _, pool := range pools {
		s.SetPool(pool)
	}
	return s
}

// SetPool replaces a pool.
func (s *Store) SetPool(pool *v1alpha1.CapacityPool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pools[nameOf(pool)] = pool.DeepCopy()
	if s.Book != nil {
		s.Book.SetPool(pool.DeepCopy())
	}
}

// Change changes a claim as the operator would, without a check of versions and without being counted as a write.
func (s *Store) Change(name placement.Name, change func(*v1alpha1.Placement)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	claim := s.claims[name].DeepCopy()
	change(claim)
	s.keep(claim)
}

// Remove takes a claim away, as somebody does with kubectl.
func (s *Store) Remove(name placement.Name) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.claims, name)
	if s.Book != nil {
		s.Book.RemovePlacement(name)
	}
}

// Writes is how many writes there were.
func (s *Store) Writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// Claims are the names of all claims, in order.
func (s *Store) Claims() []placement.Name {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Keys(s.claims), func(a, b placement.Name) int {
		return slices.Compare([]string{a.Namespace, a.Name}, []string{b.Namespace, b.Name})
	})
}

// Placement implements placement.Store.
func (s *Store) Placement(_ context.Context, name placement.Name) (*v1alpha1.Placement, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if claim, ok := s.claims[name]; ok {
		return claim.DeepCopy(), nil
	}
	return nil, apierrors.NewNotFound(resource("placements"), name.Name)
}

// CreatePlacement implements placement.Store.
func (s *Store) CreatePlacement(_ context.Context, claim *v1alpha1.Placement) (*v1alpha1.Placement, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.before(); err != nil {
		return nil, err
	}
	if _, there := s.claims[nameOf(claim)]; there {
		return nil, apierrors.NewAlreadyExists(resource("placements"), claim.Name)
	}
	made := claim.DeepCopy()
	made.UID, made.CreationTimestamp = types.UID(fmt.Sprintf("claim-%04d", s.version+1)), metav1.NewTime(s.Now())
	return s.write(made)
}

// UpdatePlacement implements placement.Store.
func (s *Store) UpdatePlacement(_ context.Context, claim *v1alpha1.Placement) (*v1alpha1.Placement, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.before(); err != nil {
		return nil, err
	}
	was, there := s.claims[nameOf(claim)]
	switch {
	case !there:
		return nil, apierrors.NewNotFound(resource("placements"), claim.Name)
	case was.ResourceVersion != claim.ResourceVersion:
		return nil, Conflict()
	}
	return s.write(claim.DeepCopy())
}

func (s *Store) write(claim *v1alpha1.Placement) (*v1alpha1.Placement, error) {
	s.keep(claim)
	s.writes++
	if s.Lost != nil {
		if err := s.Lost(); err != nil {
			return nil, err
		}
	}
	return claim.DeepCopy(), nil
}

// keep stores the claim in its next version.
func (s *Store) keep(claim *v1alpha1.Placement) {
	s.version++
	claim.ResourceVersion = strconv.Itoa(s.version)
	s.claims[nameOf(claim)] = claim
	if s.Book != nil {
		s.Book.SetPlacement(claim.DeepCopy())
	}
}

func (s *Store) before() error {
	if s.Before == nil {
		return nil
	}
	return s.Before()
}

// Pool implements placement.Store.
func (s *Store) Pool(_ context.Context, name placement.Name) (*v1alpha1.CapacityPool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if pool, ok := s.pools[name]; ok {
		return pool.DeepCopy(), nil
	}
	return nil, apierrors.NewNotFound(resource("capacitypools"), name.Name)
}

// Report implements placement.Store.
func (s *Store) Report(_ context.Context, name placement.Name) (*v1alpha1.CapacityReport, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if report, ok := s.reports[name]; ok {
		return report.DeepCopy(), nil
	}
	return nil, apierrors.NewNotFound(resource("capacityreports"), name.Name)
}

// CreateReport implements placement.Store.
func (s *Store) CreateReport(_ context.Context, report *v1alpha1.CapacityReport) (*v1alpha1.CapacityReport, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.before(); err != nil {
		return nil, err
	}
	name := nameOf(report)
	if _, there := s.reports[name]; there {
		return nil, apierrors.NewAlreadyExists(resource("capacityreports"), report.Name)
	}
	s.writes++
	s.reports[name] = report.DeepCopy()
	if s.Lost != nil {
		if err := s.Lost(); err != nil {
			return nil, err
		}
	}
	return report.DeepCopy(), nil
}

// Conflict is what a writer gets after somebody else wrote first.
func Conflict() error {
	return apierrors.NewConflict(resource("placements"), "claim", fmt.Errorf("the object has been modified"))
}

func nameOf(object metav1.Object) placement.Name {
	return placement.Name{Namespace: object.GetNamespace(), Name: object.GetName()}
}

func resource(name string) schema.GroupResource {
	return schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: name}
}

// Reports are the counts that were handed in, in no order.
func (s *Store) Reports() []*v1alpha1.CapacityReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	reports := make([]*v1alpha1.CapacityReport, 0, len(s.reports))
	for _, report := range s.reports {
		reports = append(reports, report.DeepCopy())
	}
	return reports
}
