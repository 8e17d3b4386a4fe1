{{- define "name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}-model-lock
{{- end -}}

{{- define "labels" -}}
app.kubernetes.io/name: model-lock
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "gateway" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end -}}

{{- define "agent" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: agent
{{- end -}}

{{- define "image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "proxy" -}}
{{- if eq .Values.form "gateway" -}}
http://{{ include "name" . }}:8383
{{- else -}}
http://127.0.0.1:8383
{{- end -}}
{{- end -}}

{{/* Nothing of ours needs more than this. */}}
{{- define "least" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* The proxy, as a container of the gateway or as a sidecar. */}}
{{- define "serve" -}}
image: {{ include "image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  - serve
  - --listen={{ if eq .Values.form "gateway" }}0.0.0.0{{ else }}127.0.0.1{{ end }}:8383
  - --admin=0.0.0.0:8384
  {{- if .Values.providerKey.secret }}
  - --key=/run/provider/key
  - --client-tokens=/run/clients/tokens
  {{- end }}
  {{- if .Values.adminToken.secret }}
  - --admin-token=/run/admin/token
  {{- end }}
  {{- range .Values.args }}
  - {{ . | quote }}
  {{- end }}
env:
  - name: STATSD_HOST
    value: {{ .Values.statsd.host | quote }}
  - name: STATSD_PORT
    value: {{ .Values.statsd.port | quote }}
ports:
  - name: proxy
    containerPort: 8383
  - name: admin
    containerPort: 8384
startupProbe:
  httpGet: {path: /readyz, port: admin}
  periodSeconds: 1
  failureThreshold: 30
livenessProbe:
  httpGet: {path: /livez, port: admin}
readinessProbe:
  httpGet: {path: /readyz, port: admin}
  periodSeconds: 2
resources: {{- toYaml .Values.gateway.resources | nindent 2 }}
securityContext: {{- include "least" . | nindent 2 }}
volumeMounts:
  - name: policy
    mountPath: /etc/model-lock
    readOnly: true
  {{- if .Values.providerKey.secret }}
  - name: provider-key
    mountPath: /run/provider
    readOnly: true
  - name: client-tokens
    mountPath: /run/clients
    readOnly: true
  {{- end }}
  {{- if .Values.adminToken.secret }}
  - name: admin-token
    mountPath: /run/admin
    readOnly: true
  {{- end }}
{{- end -}}

{{/* The provider's key and the clients that are served with it, of which the proxy's container alone has a mount. */}}
{{- define "provider-key" -}}
{{- with .Values.providerKey.secret -}}
- name: provider-key
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - key: key
        path: key
- name: client-tokens
  secret:
    secretName: {{ include "client-tokens" $ }}
    defaultMode: 0440
    items:
      - key: tokens
        path: tokens
{{- end }}
{{- end -}}

{{/* The Secret that lists the clients. */}}
{{- define "client-tokens" -}}
{{ .Values.clientTokens.secret | default (printf "%s-clients" (include "name" .)) }}
{{- end -}}

{{/* The token of the dashboard on the admin port, which only the proxy's container has. */}}
{{- define "admin-token" -}}
{{- with .Values.adminToken.secret -}}
- name: admin-token
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - key: token
        path: token
{{- end }}
{{- end -}}

{{/* Where names are looked up. */}}
{{- define "dns" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .namespace }}
      podSelector:
        matchLabels: {{- toYaml .podLabels | nindent 10 }}
  ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end -}}
