{{/*
The parts of a pod that both programs share. Each takes a dict: root, the top-level context, and component.
The security contexts are fixed, not values: both programs run under Pod Security "restricted", and nothing they do needs
more.
*/}}

{{- define "lifeline.pod.metadata" -}}
{{- $values := index .root.Values .component -}}
labels:
  {{- include "lifeline.component.selector" . | nindent 2 }}
  app.kubernetes.io/part-of: lifeline
  {{- with .root.Values.commonLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with $values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- if or $values.podAnnotations $values.issuers }}
annotations:
  {{- with $values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with $values.issuers }}
  # New pods read it anew.
  checksum/issuers: {{ toJson . | sha256sum }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "lifeline.pod.common" -}}
{{- $values := index .root.Values .component -}}
serviceAccountName: {{ include "lifeline.component.serviceAccount" . }}
# Both programs speak to the Kubernetes API; their service accounts hand out no token unless a pod asks, as here.
automountServiceAccountToken: true
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
terminationGracePeriodSeconds: 30
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.topologyKeys }}
topologySpreadConstraints:
  {{- range . }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "lifeline.component.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
{{- end -}}

{{- define "lifeline.container.common" -}}
{{- $values := index .root.Values .component -}}
image: {{ include "lifeline.component.image" . | quote }}
imagePullPolicy: {{ $values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  {{- toYaml $values.resources | nindent 2 }}
{{- end -}}

{{/* Probes on a named port, at the paths both programs serve. */}}
{{- define "lifeline.container.probes" -}}
livenessProbe:
  httpGet:
    path: /healthz
    port: {{ .port }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet:
    path: /readyz
    port: {{ .port }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
{{- end -}}

{{/* Says what does not go together of where referrals are kept. */}}
{{- define "lifeline.referrals.check" -}}
{{- with .Values.api }}
{{- if and .referrals.database.secret .referrals.file.enabled }}
{{- fail "api.referrals: keep referrals in a database or in a file, not in both" }}
{{- end }}
{{- if and .referrals.file.enabled (gt (int .replicas) 1) }}
{{- fail "api.referrals.file is for one pod: set api.replicas to 1, or keep referrals in a database" }}
{{- end }}
{{- if and (or .referrals.database.secret .referrals.file.enabled) (not .referrals.keysSecret) }}
{{- fail "api.referrals.keysSecret is missing: make the keys with `api keys make`, put them in a Secret, and name it" }}
{{- end }}
{{- if eq .deliveries.secretNamespace $.Release.Namespace }}
{{- fail "api.deliveries.secretNamespace is the namespace of the release, whose other Secrets the API could then read: keep those that events are signed with in a namespace of their own" }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Says what does not go together of what is kept beside referrals: the checkpoint, and the keys. */}}
{{- define "lifeline.keeping.check" -}}
{{- with .Values.api }}
{{- $checkpoint := .audit.checkpoint }}
{{- $kms := .keys.kms }}
{{- $referrals := or .referrals.database.secret .referrals.file.enabled }}
{{- $own := printf "%s-referrals" (include "lifeline.component.name" (dict "root" $ "component" "api")) }}
{{- if and (or $checkpoint.enabled $kms.socket) (not $referrals) }}
{{- fail "api.audit.checkpoint and api.keys.kms are for referrals: say in api.referrals where those are kept" }}
{{- end }}
{{- if and $checkpoint.existingClaim (not $checkpoint.enabled) }}
{{- fail "api.audit.checkpoint.existingClaim is not used: set api.audit.checkpoint.enabled" }}
{{- end }}
{{- if and $checkpoint.enabled (eq $checkpoint.accessMode "ReadWriteOnce") (gt (int .replicas) 1) }}
{{- fail "api.audit.checkpoint: several pods keep the same one, so its volume has to be ReadWriteMany, or api.replicas 1" }}
{{- end }}
{{- if eq $checkpoint.existingClaim $own }}
{{- fail "api.audit.checkpoint.existingClaim is where referrals are kept: a checkpoint beside them proves little, so name another" }}
{{- end }}
{{- if and $kms.socket (not $kms.claim) (not $kms.csi.driver) }}
{{- fail "api.keys.kms.socket is on no volume: name a claim or a CSI driver" }}
{{- end }}
{{- if and (or $kms.claim $kms.csi.driver) (not $kms.socket) }}
{{- fail "api.keys.kms.socket is missing: name the plugin's socket, as it is called on the volume" }}
{{- end }}
{{- if and $kms.claim $kms.csi.driver }}
{{- fail "api.keys.kms: name a claim or a CSI driver, not both" }}
{{- end }}
{{- end }}
{{- end -}}
