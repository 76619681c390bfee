{{- define "clusterapi-gitops.labels" -}}
app.kubernetes.io/part-of: clusterapi-gitops
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
{{- define "clusterapi-gitops.subject" -}}
- kind: ServiceAccount
  name: clusterapi-gitops
  namespace: {{ .Release.Namespace }}
{{- end }}
