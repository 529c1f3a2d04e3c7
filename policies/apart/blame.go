package apart

import (
	"crypto/sha256"
	"encoding/json"

	"lifeline.scot/policies"
)

// blame knows which questions the process of rules has ended on, so that one of them takes no others with it for ever. It keeps
// no question, only what tells it from others.
type blame struct {
	// young and old are generations: what is not blamed again while the younger one fills up is forgotten.
	young, old map[digest]ends
}

type digest = [sha256.Size]byte

// ends is how often in a row a process ended on a question.
type ends struct {
	times int
	// alone is whether the last time it was asked about nothing else.
	alone bool
}

const (
	// mostBlamed is how many questions are remembered at least, and twice as many at most.
	mostBlamed = 1024
	// suspicious is after how many ends in a row a question is asked alone.
	suspicious = 2
)

func newBlame() *blame { return &blame{young: map[digest]ends{}} }

// digestOf tells a question from others.
func digestOf(about policies.Narrows, question json.RawMessage) digest {
	kind := byte('p')
	if about.Actions {
		kind = 'a'
	}
	return sha256.Sum256(append([]byte{kind}, question...))
}

func (b *blame) of(d digest) ends {
	if known, isYoung := b.young[d]; isYoung {
		return known
	}
	return b.old[d]
}

// put blames the questions that a process ended on.
func (b *blame) put(about policies.Narrows, list []json.RawMessage) {
	for _, question := range list {
		d := digestOf(about, question)
		b.keep(d, ends{times: b.of(d).times + 1, alone: len(list) == 1})
	}
}

func (b *blame) keep(d digest, e ends) {
	if len(b.young) >= mostBlamed {
		b.old, b.young = b.young, map[digest]ends{}
	}
	b.young[d] = e
}

// take takes the blame from questions that were answered.
func (b *blame) take(about policies.Narrows, list []json.RawMessage) {
	if len(b.young)+len(b.old) == 0 {
		return
	}
	for _, question := range list {
		d := digestOf(about, question)
		delete(b.young, d)
		delete(b.old, d)
	}
}

// parts are the questions of a list that are to be asked together, by their places in it: those with nothing against them first,
// then each alone that a process ended on too often. What ended it alone is in none: its reason is put where the others' come.
func (b *blame) parts(about policies.Narrows, list []json.RawMessage, reasons [][]string) [][]int {
	var together []int
	var alone [][]int
	for i, question := range list {
		var known ends
		if len(b.young)+len(b.old) > 0 {
			d := digestOf(about, question)
			if known = b.of(d); known.times >= suspicious {
				b.keep(d, known) // it is still asked
			}
		}
		switch {
		case known.times < suspicious:
			together = append(together, i)
		case known.alone:
			reasons[i] = []string{policies.ReasonNarrowingFailed}
		default:
			alone = append(alone, []int{i})
		}
	}
	if len(together) > 0 {
		alone = append([][]int{together}, alone...)
	}
	return alone
}
