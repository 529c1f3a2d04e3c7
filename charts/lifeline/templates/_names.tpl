{{/* The name that every object of the release starts with. */}}
{{- define "lifeline.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Labels of every object of the release. */}}
{{- define "lifeline.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: lifeline
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
What follows is about one program. It takes a dict: root, the top-level context, and component, "operator" or "api", which
is also the key of its values.
*/}}

{{- define "lifeline.component.name" -}}
{{ include "lifeline.fullname" .root }}-{{ .component }}
{{- end -}}

{{/* Labels that select the pods of the program. They never change in the life of a release. */}}
{{- define "lifeline.component.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "lifeline.component.labels" -}}
{{ include "lifeline.labels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "lifeline.component.serviceAccount" -}}
{{ default (include "lifeline.component.name" .) (index .root.Values .component).serviceAccount.name }}
{{- end -}}

{{/* The image: by digest when there is one, else by tag, else by the version of the chart's app. */}}
{{- define "lifeline.component.image" -}}
{{- $image := (index .root.Values .component).image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default .root.Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}
