package charts_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestTheChartIsCleanUnderStrictLint(t *testing.T) {
	for name, args := range map[string][]string{
		"default values":   nil,
		"every option set": {"--values", "testdata/every-option.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := helm(t, append([]string{"lint", "--strict", chart}, args...)...)
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestValuesThatAreRefused(t *testing.T) {
	tests := map[string]struct {
		values string
		says   string
	}{
		"unknown key at the top":             {`{operater: {replicas: 3}}`, "operater"},
		"unknown key of a program":           {`{api: {replica: 3}}`, "replica"},
		"unknown key of an image":            {`{api: {image: {name: x}}}`, "name"},
		"unknown key of leader election":     {`{operator: {leaderElection: {on: true}}}`, "on"},
		"unknown key of a toleration":        {`{api: {tolerations: [{keys: x}]}}`, "keys"},
		"unknown key of a network peer":      {`{networkPolicy: {apiFrom: [{pods: {}}]}}`, "pods"},
		"unknown resource":                   {`{api: {resources: {limits: {gpu: 1}}}}`, "gpu"},
		"security context which is fixed":    {`{api: {securityContext: {runAsUser: 0}}}`, "securityContext"},
		"replicas as text":                   {`{api: {replicas: "two"}}`, "/api/replicas"},
		"replicas below zero":                {`{api: {replicas: -1}}`, "/api/replicas"},
		"switch as text":                     {`{api: {graphiql: "yes"}}`, "/api/graphiql"},
		"port as text":                       {`{api: {ports: {http: "8080"}}}`, "/api/ports/http"},
		"port that needs privileges":         {`{api: {ports: {http: 80}}}`, "/api/ports/http"},
		"digest of another kind":             {`{api: {image: {digest: "md5:abc"}}}`, "/api/image/digest"},
		"no image":                           {`{api: {image: {repository: ""}}}`, "/api/image/repository"},
		"pull policy that does not exist":    {`{api: {image: {pullPolicy: Sometimes}}}`, "/api/image/pullPolicy"},
		"labels as a list":                   {`{commonLabels: [a]}`, "/commonLabels"},
		"label that is a number":             {`{commonLabels: {team: 7}}`, "/commonLabels/team"},
		"memory that is no quantity":         {`{api: {resources: {limits: {memory: lots}}}}`, "/api/resources/limits/memory"},
		"Kubernetes API nowhere":             {`{networkPolicy: {kubernetesAPI: {ports: []}}}`, "/networkPolicy/kubernetesAPI/ports"},
		"address range that is none":         {`{networkPolicy: {kubernetesAPI: {cidrs: [here]}}}`, "/networkPolicy/kubernetesAPI/cidrs/0"},
		"two operators that elect no leader": {`{operator: {leaderElection: {enabled: false}}}`, "operator.leaderElection.enabled must be true"},
		"disruption budget of no pod":        {`{api: {podDisruptionBudget: {maxUnavailable: 0}}}`, "/api/podDisruptionBudget/maxUnavailable"},
		"issuer without audiences":           {`{api: {issuers: [{issuer: "https://login.example.org"}]}}`, "audiences"},
		"issuer by http":                     {`{api: {issuers: [{issuer: "http://login.example.org", audiences: [a]}]}}`, "/api/issuers/0/issuer"},
		"issuer on the machine itself":       {`{api: {issuers: [{issuer: "https://127.0.0.1:8084", audiences: [a]}]}}`, "/api/issuers/0/issuer"},
		"issuer with a role there is not":    {`{api: {issuers: [{issuer: "https://a.example.org", audiences: [a], roles: {x: Admin}}]}}`, "/api/issuers/0/roles/x"},
		"issuer that signs with a secret":    {`{api: {issuers: [{issuer: "https://a.example.org", audiences: [a], algorithms: [HS256]}]}}`, "/api/issuers/0/algorithms/0"},
		"referrals in two places": {
			`{api: {replicas: 1, referrals: {database: {secret: d, key: u}, file: {enabled: true, size: 1Gi}, keysSecret: k}}}`, "not in both",
		},
		"a file of referrals for two pods": {
			`{api: {replicas: 2, referrals: {file: {enabled: true, size: 1Gi}, keysSecret: k}}}`, "set api.replicas to 1",
		},
		"referrals without keys":       {`{api: {referrals: {database: {secret: d, key: u}}}}`, "api keys make"},
		"a checkpoint of no referrals": {`{api: {audit: {checkpoint: {enabled: true}}}}`, "say in api.referrals"},
		"a checkpoint on the volume of referrals": {
			`{api: {replicas: 1, referrals: {file: {enabled: true, size: 1Gi}, keysSecret: k}, audit: {checkpoint: {enabled: true, existingClaim: lifeline-api-referrals}}}}`,
			"name another",
		},
		"a checkpoint of several pods on a volume for one": {
			`{api: {referrals: {database: {secret: d, key: u}, keysSecret: k}, audit: {checkpoint: {enabled: true, accessMode: ReadWriteOnce}}}}`, "has to be ReadWriteMany",
		},
		"a claim for a checkpoint that is not kept": {`{api: {referrals: {database: {secret: d, key: u}, keysSecret: k}, audit: {checkpoint: {existingClaim: proof}}}}`, "set api.audit.checkpoint.enabled"},
		"a checkpoint on a volume that others read": {`{api: {audit: {checkpoint: {accessMode: ReadOnlyMany}}}}`, "/api/audit/checkpoint/accessMode"},
		"a size of a checkpoint that is none":       {`{api: {audit: {checkpoint: {size: small}}}}`, "/api/audit/checkpoint/size"},
		"a place of the checkpoint":                 {`{api: {audit: {checkpoint: {path: /tmp}}}}`, "path"},
		"a plugin for no referrals":                 {`{api: {keys: {kms: {socket: kms.sock, claim: kms}}}}`, "say in api.referrals"},
		"a plugin on no volume":                     {`{api: {referrals: {database: {secret: d, key: u}, keysSecret: k}, keys: {kms: {socket: kms.sock}}}}`, "on no volume"},
		"a plugin on two volumes":                   {`{api: {referrals: {database: {secret: d, key: u}, keysSecret: k}, keys: {kms: {socket: kms.sock, claim: kms, csi: {driver: d}}}}}`, "not both"},
		"a volume of no plugin":                     {`{api: {referrals: {database: {secret: d, key: u}, keysSecret: k}, keys: {kms: {claim: kms}}}}`, "api.keys.kms.socket is missing"},
		"a socket that leaves its volume":           {`{api: {referrals: {database: {secret: d, key: u}, keysSecret: k}, keys: {kms: {socket: ../kms.sock, claim: kms}}}}`, "/api/keys/kms/socket"},
		"a socket of the whole node":                {`{api: {referrals: {database: {secret: d, key: u}, keysSecret: k}, keys: {kms: {socket: /run/kms.sock, claim: kms}}}}`, "/api/keys/kms/socket"},
		"a folder of the node":                      {`{api: {referrals: {database: {secret: d, key: u}, keysSecret: k}, keys: {kms: {socket: kms.sock, hostPath: {path: /run/kms}}}}}`, "hostPath"},
		"signing secrets beside all others":         {`{api: {deliveries: {secretNamespace: default}}}`, "a namespace of their own"},
		"a volume without a size":                   {`{api: {referrals: {file: {enabled: true, size: "1"}}}}`, "/api/referrals/file/size"},
		"unknown key of an issuer":                  {`{api: {issuers: [{issuer: "https://a.example.org", audiences: [a], insecure: true}]}}`, "insecure"},
		"the development issuer":                    {`{api: {developmentIssuer: "http://127.0.0.1:8084"}}`, "developmentIssuer"},
		"further arguments":                         {`{api: {args: [--development-issuer=http://127.0.0.1:8084]}}`, "args"},
		"further variables":                         {`{api: {env: [{name: KUBERNETES_SERVICE_HOST, value: ""}]}}`, "env"},
		"Kubernetes older than the resources":       {`{}`, "kubeVersion"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			file := t.TempDir() + "/values.yaml"
			if err := os.WriteFile(file, []byte(test.values), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"template", release, chart, "--values", file, "--kube-version", "1.37.2"}
			if test.says == "kubeVersion" {
				args[len(args)-1] = "1.31.0"
			}
			out, err := helm(t, args...)
			if err == nil {
				t.Fatalf("it was rendered")
			}
			if !strings.Contains(out, test.says) && !strings.Contains(out, strings.ReplaceAll(test.says, "/", ".")) {
				t.Errorf("the refusal does not say %q:\n%s", test.says, out)
			}
		})
	}
}

// Under "global" a chart that contains this one shares what it likes; nothing else is open.
func TestTheSchemaIsClosedAndExplainsEachValue(t *testing.T) {
	content, err := os.ReadFile(chart + "/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(content, &schema); err != nil {
		t.Fatal(err)
	}
	checkSchema(t, "", schema)
	for name, definition := range schema["$defs"].(map[string]any) {
		checkSchema(t, "/$defs/"+name, definition.(map[string]any))
	}
}

func checkSchema(t *testing.T, path string, schema map[string]any) {
	t.Helper()
	_, closed := schema["additionalProperties"]
	if schema["type"] == "object" && !closed && path != "/global" {
		t.Errorf("%s lets any key in", path)
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, property := range properties {
		property := property.(map[string]any)
		if text, _ := property["description"].(string); !strings.HasSuffix(text, ".") {
			t.Errorf("%s/%s is not described in a sentence", path, name)
		}
		checkSchema(t, path+"/"+name, property)
	}
	if items, ok := schema["items"].(map[string]any); ok {
		checkSchema(t, path+"/items", items)
	}
}

func TestTheReadmeListsEachValueWithItsDefault(t *testing.T) {
	readme, err := os.ReadFile(chart + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(chart + "/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(content, &values); err != nil {
		t.Fatal(err)
	}
	rows := 0
	for key, value := range leaves("", values) {
		rows++
		if row := fmt.Sprintf("| `%s` | `%s` | ", key, value); !strings.Contains(string(readme), row) {
			t.Errorf("README.md has no row that starts %s", row)
		}
	}
	if listed := strings.Count(string(readme), "\n| `"); listed != rows {
		t.Errorf("README.md lists %d values, values.yaml has %d", listed, rows)
	}
}

// leaves lists the values that are no maps of further values, as JSON by dotted key.
func leaves(prefix string, values map[string]any) map[string]string {
	found := map[string]string{}
	for key, value := range values {
		if inner, ok := value.(map[string]any); ok && len(inner) > 0 {
			for name, leaf := range leaves(prefix+key+".", inner) {
				found[name] = leaf
			}
			continue
		}
		text, _ := json.Marshal(value) // what was decoded from YAML can be encoded
		found[prefix+key] = strings.ReplaceAll(string(text), ",", ", ")
	}
	return found
}
