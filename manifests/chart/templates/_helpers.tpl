{{- define "oom-recorder.labels" -}}
app.kubernetes.io/name: oom-recorder
app.kubernetes.io/component: node-agent
{{- end }}

{{- define "oom-recorder.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- define "oom-recorder.influxdbEnv" -}}
- name: OOM_RECORDER_INFLUX_URL
  valueFrom:
    secretKeyRef:
      name: {{ quote .secretName }}
      key: url
{{- range $variable, $key := dict "BUCKET" "bucket" "ORG" "org" "TOKEN" "token" "DATABASE" "database" "USER" "user" "PASSWORD" "password" }}
- name: OOM_RECORDER_INFLUX_{{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ quote $.secretName }}
      key: {{ $key }}
      optional: true
{{- end }}
{{- end }}

{{- define "oom-recorder.webhookEnv" -}}
- name: OOM_RECORDER_WEBHOOK_URL
  valueFrom:
    secretKeyRef:
      name: {{ quote .secretName }}
      key: url
{{- if .signed }}
- name: OOM_RECORDER_WEBHOOK_SECRET_FILE
  value: /etc/oom-recorder/webhook/secret
{{- end }}
{{- if .ownAuthority }}
- name: OOM_RECORDER_WEBHOOK_CA_FILE
  value: /etc/oom-recorder/webhook/ca.crt
{{- end }}
{{- if .taskTables }}
- name: OOM_RECORDER_WEBHOOK_TASK_TABLES
  value: 'true'
{{- end }}
{{- end }}
