package schema

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const sorchasNumber = "0405901232"

func TestAPersonIsFoundByGraphQL(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(strings.Replace(sorcha, "told: {", `told: { chi: "`+sorchasNumber+`",`, 1) + agreed)
	for name, tc := range map[string]struct{ who, by, want string }{
		"by number":         {"referrer", `{chi: "040590 1232"}`, `[{"id":"` + id + `","chi":{"value":"` + sorchasNumber + `"}}]`},
		"by name":           {"referrer", `{name: "sorcha QUILLFEATHER", dateOfBirth: "1990-05-04"}`, `[{"id":"` + id + `","chi":{"value":"` + sorchasNumber + `"}}]`},
		"not theirs":        {"competitor", `{chi: "` + sorchasNumber + `"}`, `[]`},
		"not there":         {"referrer", `{chi: "1904851231"}`, `[]`},
		"not with them yet": {"colleague", `{chi: "` + sorchasNumber + `"}`, `[]`},
	} {
		got := o.reads(tc.who, `{ referralSearch(by: `+tc.by+`, as: PRACTITIONER) { id chi { value } } }`)
		if want := `{"referralSearch":` + tc.want + `}`; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestWhomSomebodyLooksForIsInNoAnswerAndNoURL(t *testing.T) {
	o := newOffice(t)
	for name, tc := range map[string]struct{ by, code string }{
		"a wrong check digit": {`{chi: "0405901233"}`, "BAD_ARGUMENT"},
		"no date":             {`{chi: "9905901232"}`, "BAD_ARGUMENT"},
		"too short":           {`{chi: "040590123"}`, "BAD_ARGUMENT"},
		"nobody":              {`{}`, "INVALID"},
		"too much":            {`{chi: "` + sorchasNumber + `", name: "Sorcha"}`, "INVALID"},
		"a name alone":        {`{name: "Sorcha Quillfeather"}`, "INVALID"},
	} {
		got := o.ask("referrer", `{ referralSearch(by: `+tc.by+`, as: PRACTITIONER) { id } }`)
		if !strings.Contains(got, `"`+tc.code+`"`) {
			t.Errorf("%s: %s", name, got)
		}
		for _, secret := range []string{"04059", "99059", "Sorcha"} {
			if strings.Contains(got, secret) {
				t.Errorf("%s: the answer repeats it: %s", name, got)
			}
		}
	}
	for _, accept := range []string{"application/json", "text/event-stream"} {
		query := `{ referralSearch(by: {chi: "` + sorchasNumber + `"}, as: PRACTITIONER) { id } }`
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.url+"?query="+url.QueryEscape(query), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "referrer")
		request.Header.Set("Accept", accept)
		if body := bodyOf(t, request); !strings.Contains(body, CodeSendByPost) || strings.Contains(body, sorchasNumber) {
			t.Errorf("by GET for %s: %s", accept, body)
		}
	}
}

func bodyOf(t *testing.T, request *http.Request) string {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
