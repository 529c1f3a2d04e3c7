package policies

import "encoding/binary"

// kind writes all that facts say, so that two are written alike only if they are equal: what decisions are remembered by.
func (f *Facts) kind(to []byte) []byte {
	w := kindWriter(to)
	w = binary.LittleEndian.AppendUint64(w, uint64(f.Is))
	w.texts(f.Action, f.Purpose, f.Role, f.RecipientKind, f.BreakGlass.Reason)
	w.numbers(int(f.Reach), int(f.Asked), int(f.Given), int(f.Beside))
	w.numbers(int(f.Reached), int(f.Open), f.BreakGlass.JustificationLength, len(f.Consents), len(f.Agreements))
	for i := range f.Consents {
		w.consent(&f.Consents[i])
	}
	for i := range f.Agreements {
		w.agreement(&f.Agreements[i])
	}
	return w
}

type kindWriter []byte

// flags writes up to eight.
func (w *kindWriter) flags(flags ...bool) {
	var b byte
	for i, flag := range flags {
		if flag {
			b |= 1 << i
		}
	}
	*w = append(*w, b)
}

func (w *kindWriter) numbers(numbers ...int) {
	for _, n := range numbers {
		*w = binary.AppendVarint(*w, int64(n))
	}
}

func (w *kindWriter) texts(texts ...string) {
	for _, text := range texts {
		*w = append(binary.AppendUvarint(*w, uint64(len(text))), text...)
	}
}

func (w *kindWriter) consent(f *ConsentFacts) {
	w.flags(f.Capable, f.ProxyAuthority)
	w.texts(f.Decision, f.By, f.Purpose, f.Recipient, f.End)
	w.numbers(f.Order, int(f.Categories))
}

func (w *kindWriter) agreement(f *AgreementFacts) {
	w.flags(f.Started, f.Ended, f.NamesArea, f.CrossADP, f.Onward)
	w.texts(f.Status)
	w.numbers(int(f.Categories))
}
