package policies

import "sync"

// DefaultMemory is how many decisions are remembered at least unless Remember says otherwise; with two generations of them of
// about 2 kB each, at most some 16 MB.
const DefaultMemory = 4096

// memo remembers answers by what was asked. It holds two generations: what was not asked for while the younger one filled up is
// forgotten.
type memo[Q comparable, A any] struct {
	size       int // of a generation; 0 remembers nothing
	mu         sync.RWMutex
	young, old map[Q]*A
}

func newMemo[Q comparable, A any](size int) *memo[Q, A] {
	return &memo[Q, A]{size: size, young: map[Q]*A{}}
}

func (m *memo[Q, A]) find(question Q) *A {
	m.mu.RLock()
	answer, isYoung := m.young[question]
	if !isYoung {
		answer = m.old[question]
	}
	m.mu.RUnlock()
	if answer != nil && !isYoung {
		m.keep(question, answer)
	}
	return answer
}

// findWritten is find for a question in memory that will be written over: it is copied only when it has to be kept.
func findWritten[A any](m *memo[string, A], question []byte) *A {
	m.mu.RLock()
	answer, isYoung := m.young[string(question)]
	if !isYoung {
		answer = m.old[string(question)]
	}
	m.mu.RUnlock()
	if answer != nil && !isYoung {
		m.keep(string(question), answer)
	}
	return answer
}

func (m *memo[Q, A]) keep(question Q, answer *A) {
	if m.size == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.young) >= m.size {
		m.old, m.young = m.young, make(map[Q]*A, m.size)
	}
	m.young[question] = answer
}
