{{- define "llmhop.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "llmhop.fullname" -}}
{{- $name := include "llmhop.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "llmhop.selector" -}}
app.kubernetes.io/name: {{ include "llmhop.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: router
{{- end -}}

{{- define "llmhop.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "llmhop.labels" -}}
{{ include "llmhop.selector" . }}
{{ include "llmhop.commonLabels" . }}
{{- end -}}

{{- define "llmhop.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "llmhop.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "llmhop.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default .Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}

{{- define "llmhop.scheme" -}}
{{- ternary "HTTPS" "HTTP" (not (empty .Values.tls.secretName)) -}}
{{- end -}}

{{/* The image's java with its own flags, then the heap that goes with the memory limit: the last word counts. */}}
{{- define "llmhop.java" -}}
- /opt/llmhop/runtime/bin/java
- "@/opt/llmhop/jvm.options"
- -XX:-CreateCoredumpOnCrash
- -XX:AOTCache=/opt/llmhop/llmhop.aot
{{- end -}}

{{/* config.json, with what the chart fills in; fails on what can't work. */}}
{{- define "llmhop.config" -}}
{{- $config := .Values.config -}}
{{- range list "listen" "host" "port" -}}
{{- if hasKey $config . -}}
{{- fail (printf "config.%s is made from the value port, leave it out" .) -}}
{{- end -}}
{{- end -}}
{{- if hasKey $config "tls" -}}
{{- fail "config.tls is made from the value tls.secretName, leave it out" -}}
{{- end -}}
{{- if not $config.models -}}
{{- fail "config.models names no model: give at least one, docs/kubernetes.md has an example" -}}
{{- end -}}
{{- $made := dict "listen" (printf ":%d" (int .Values.port)) -}}
{{- if .Values.tls.secretName -}}
{{- $_ := set $made "tls" (dict "cert" "/etc/llmhop/tls/tls.crt" "key" "/etc/llmhop/tls/tls.key") -}}
{{- end -}}
{{- $json := merge $made (deepCopy $config) | toPrettyJson -}}
{{- $keys := keys .Values.secrets.create -}}
{{- range .Values.secrets.existing -}}
{{- $keys = concat $keys .keys -}}
{{- end -}}
{{- if ne (len $keys) (len (uniq $keys)) -}}
{{- fail (printf "secrets: a key stands twice, of %s" (join ", " $keys)) -}}
{{- end -}}
{{- range regexFindAll "/etc/llmhop/secrets/[-._a-zA-Z0-9]+" $json -1 -}}
{{- if not (has (base .) $keys) -}}
{{- fail (printf "config names %s, but secrets.existing and secrets.create have no key %s" . (base .)) -}}
{{- end -}}
{{- end -}}
{{- $json -}}
{{- end -}}

{{/* What a running router can't change: pods with another one of these have to be new. */}}
{{- define "llmhop.restartFor" -}}
{{- if .Values.restartOnConfigChange -}}
{{- include "llmhop.config" . | sha256sum -}}
{{- else -}}
{{- pick .Values.config "http" "maxBufferedBytes" "log" "instance" | toJson | sha256sum -}}
{{- end -}}
{{- end -}}

{{/* Seconds of a duration as the router writes it, rounded up: "250ms", "5s", "2m", "1h". */}}
{{- define "llmhop.seconds" -}}
{{- if not (regexMatch "^[0-9]+(ms|s|m|h)$" .) -}}
{{- fail (printf "not a duration such as \"250ms\", \"5s\", \"2m\" or \"1h\": %v" .) -}}
{{- end -}}
{{- $number := regexFind "^[0-9]+" . | int64 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- if eq $unit "ms" -}}
{{- div (add $number 999) 1000 -}}
{{- else -}}
{{- mul $number (get (dict "s" 1 "m" 60 "h" 3600) $unit) -}}
{{- end -}}
{{- end -}}

{{/* drainDelay + drain of the config, or of the router where the config has none, and ten seconds to leave. */}}
{{- define "llmhop.grace" -}}
{{- $delay := include "llmhop.seconds" (default "0s" .Values.config.drainDelay) | int64 -}}
{{- $drain := include "llmhop.seconds" (default "600s" .Values.config.drain) | int64 -}}
{{- $least := add $delay $drain -}}
{{- $given := .Values.terminationGracePeriodSeconds -}}
{{- if kindIs "invalid" $given -}}
{{- add $least 10 -}}
{{- else if le (int64 $given) $least -}}
{{- fail (printf "terminationGracePeriodSeconds: %d s are not longer than drainDelay and drain, which are %d s" (int64 $given) $least) -}}
{{- else -}}
{{- int64 $given -}}
{{- end -}}
{{- end -}}
