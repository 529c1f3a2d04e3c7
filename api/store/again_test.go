package store_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
)

// Whatever is asked for is part of what makes two requests the same: with another value in any field of any of them it is another
// request, but for what only finds the request and for what follows from how things stand when it is carried out.
func TestEverythingThatIsAskedForTellsRequestsApart(t *testing.T) {
	const key, worked, byItself = "the key", "worked out", "see below"
	told := referral.Told{Details: referral.Details{Reason: "asks for support"}}
	for name, tc := range map[string]struct {
		request store.Request
		// but are the fields that are no part of it, and why.
		but map[string]string
	}{
		"a referral": {store.Submission{Told: told}, map[string]string{
			"Once": key, "Submit.Person": worked, "Told": byItself, "Along": worked, "Asked": "only along a pathway", "Deliver": worked, "Because": worked,
		}},
		"a referral along a pathway": {store.Submission{Told: told, Asked: store.Asked{Pathway: "overdose"}}, map[string]string{
			"Once": key, "Submit.Person": worked, "Submit.Target": "the pathway chooses it", "Submit.Plan": worked, "Told": byItself,
			"Along": worked, "Deliver": worked, "Because": worked,
		}},
		"a change": {store.Step{Change: referral.TakeUp{}}, map[string]string{
			"Once": key, "Change": byItself, "Told": byItself, "Patch": byItself, "Circumstances": byItself, "Given": worked,
			"Decided": worked, "Deliver": worked, "Shown": worked, "Because": worked,
		}},
		"a statement": {store.Statement{}, map[string]string{"Once": key, "NoWider": worked, "Deliver": worked, "Shown": worked, "Because": worked}},
		"an emergency": {store.Declaration{}, map[string]string{
			"Once": key, "Emergency.Number": worked, "Emergency.At": worked, "Emergency.Partnership": worked, "Emergency.Review": "comes later",
		}},
		"a review": {store.Closing{}, map[string]string{"Once": key, "Review.At": worked}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, engines["SQLite"](t))
			unused := maps.Clone(tc.but)
			for _, f := range fieldsWithin(reflect.TypeOf(tc.request)) {
				if why := f.among(tc.but); why != "" {
					delete(unused, why)
					continue
				}
				one, other := f.pair(t, tc.request)
				w.tellsApart(t, f.name, one.(store.Request), other.(store.Request))
			}
			for name := range unused {
				t.Errorf("there is no %s", name)
			}
		})
	}
}

// And so is each field of each change, and each field that is told.
func TestEverythingThatIsChangedTellsRequestsApart(t *testing.T) {
	w := newWorld(t, engines["SQLite"](t))
	for _, change := range []referral.Change{
		referral.Acknowledge{},
		referral.Accept{},
		referral.CannotOffer{},
		referral.Redirect{},
		referral.Reconsider{},
		referral.WaitForPlace{},
		referral.HoldPlace{},
		referral.Complete{},
		referral.Withdraw{},
		referral.Escalate{},
		referral.Ask{},
		referral.Answer{},
		referral.SettleStage{},
		referral.SetUrgency{},
		referral.MakeLink{},
		referral.SettleStep{},
		referral.PassOn{},
	} {
		for _, f := range fieldsWithin(reflect.TypeOf(change)) {
			one, other := f.pair(t, change)
			w.tellsApart(t, string(change.Kind())+"."+f.name,
				store.Step{Change: one.(referral.Change)}, store.Step{Change: other.(referral.Change)})
		}
	}
	w.tellsApart(t, "kind", store.Step{Change: referral.TakeUp{}}, store.Step{Change: referral.StepBack{}})
	for _, f := range record.Fields() {
		patch := func(value string) store.Step {
			return store.Step{Change: referral.Amend{}, Patch: record.Values{f: json.RawMessage(value)}}
		}
		w.tellsApart(t, string(f), patch(`"one"`), patch(`"other"`))
		w.tellsApart(t, string(f)+" left out", patch(`"one"`), store.Step{Change: referral.Amend{}, Patch: record.Values{}})
	}
	amend := func(goals string) store.Step {
		return store.Step{Change: referral.Amend{}, Told: &referral.Told{Details: referral.Details{Reason: "asks", Goals: goals}}}
	}
	w.tellsApart(t, "all that is told", amend("to sleep"), amend("to rest"))
	submit := func(goals string) store.Submission { return store.Submission{Told: *amend(goals).Told} }
	w.tellsApart(t, "what a new referral tells", submit("to sleep"), submit("to rest"))
	set := func(c referral.Circumstances) store.Step {
		return store.Step{Change: referral.SetCircumstances{}, Circumstances: &c}
	}
	w.tellsApart(t, "circumstances", set(referral.Circumstances{}), set(referral.Circumstances{Informed: true}))
}

func (w *world) tellsApart(t *testing.T, what string, one, other store.Request) {
	t.Helper()
	inputs := make([]string, 2)
	for i, r := range []store.Request{one, other} {
		var err error
		if inputs[i], err = w.InputOf(keyed(r)); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	if inputs[0] == inputs[1] {
		t.Errorf("with another %s it counts as the same request", what)
	}
}

// keyed is the request with a key.
func keyed(r store.Request) store.Request {
	v := reflect.New(reflect.TypeOf(r)).Elem()
	v.Set(reflect.ValueOf(r))
	v.FieldByName("Once").Set(reflect.ValueOf(store.Once{Scope: "tests", Key: "the-same-key"}))
	return v.Interface().(store.Request)
}

// fieldWithin is a field of something, or of what is in it: at leads to it by the numbers of fields, and by enter into what a
// pointer or a list holds.
type fieldWithin struct {
	name string
	at   []int
}

const enter = -1

// fieldsWithin are all fields of a type that can have a value of their own: of pointers and lists, whether they are there is one,
// and so is each of what they hold.
func fieldsWithin(of reflect.Type) []fieldWithin {
	switch {
	case of == reflect.TypeFor[time.Time]():
		return []fieldWithin{{}}
	case of.Kind() == reflect.Pointer, of.Kind() == reflect.Slice:
		all := []fieldWithin{{}}
		for _, f := range fieldsWithin(of.Elem()) {
			all = append(all, fieldWithin{f.name, slices.Concat([]int{enter}, f.at)})
		}
		return all
	case of.Kind() != reflect.Struct:
		return []fieldWithin{{}}
	}
	var all []fieldWithin
	for i := range of.NumField() {
		if !of.Field(i).IsExported() {
			continue
		}
		for _, f := range fieldsWithin(of.Field(i).Type) {
			all = append(all, fieldWithin{strings.TrimSuffix(of.Field(i).Name+"."+f.name, "."), slices.Concat([]int{i}, f.at)})
		}
	}
	return all
}

// among is the one of some names that the field has, or is in; "" for none.
func (f fieldWithin) among(names map[string]string) string {
	for name := range names {
		if f.name == name || strings.HasPrefix(f.name, name+".") {
			return name
		}
	}
	return ""
}

// pair is something without a value in the field, and with one, and else the same.
func (f fieldWithin) pair(t *testing.T, of any) (without, with any) {
	t.Helper()
	var both [2]any
	for i := range both {
		v := reflect.New(reflect.TypeOf(of)).Elem()
		v.Set(reflect.ValueOf(of))
		at := v
		for _, step := range f.at {
			if step == enter {
				at = entered(at)
			} else {
				at = at.Field(step)
			}
		}
		if i == 1 {
			fill(t, f.name, at)
		}
		both[i] = v.Interface()
	}
	return both[0], both[1]
}

// entered is what a pointer or a list holds, made if there is nothing.
func entered(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		return v.Elem()
	}
	v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	return v.Index(0)
}

func fill(t *testing.T, name string, v reflect.Value) {
	t.Helper()
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(noon))
	case v.Kind() == reflect.String:
		v.SetString("another")
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(7)
	case v.Kind() == reflect.Pointer, v.Kind() == reflect.Slice:
		entered(v)
	default:
		t.Fatalf("nobody says how %s, a %s, is given a value", name, v.Type())
	}
}
