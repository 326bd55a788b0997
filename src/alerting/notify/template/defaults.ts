/**
 * The templates that receivers use unless told otherwise. Their names and what they give for an alert are Alertmanager's, because templates of users
 * build on both; the mail is our own, with the same words.
 */

const define = (name: string, body: string): string => `{{ define "${name}" }}${body}{{ end }}`;
const SUBJECT = '{{ template "__subject" . }}';
const SENDER = '{{ template "__alertmanager" . }}';
const LINK = '{{ template "__alertmanagerURL" . }}';
const ANNOTATIONS = '{{ .CommonAnnotations.SortedPairs.Values | join " " }}';

/** Alerts that fire, then those that are over, each with a heading where there are any. */
function sections(heading: string, list: string): string {
  const section = (title: string, field: string): string =>
    `{{ if gt (len .Alerts.${field}) 0 }}\n${heading}Alerts ${title}:\n{{ template "${list}" .Alerts.${field} }}\n{{ end }}`;
  return `\n${section('Firing', 'Firing')}\n${section('Resolved', 'Resolved')}\n`;
}

/** The same without the lines that have nothing in them. */
const tightSections = ['Firing', 'Resolved']
  .map(
    (field) =>
      `{{ if gt (len .Alerts.${field}) 0 -}}\nAlerts ${field}:\n{{ template "__text_alert_list" .Alerts.${field} }}\n{{- end }}`,
  )
  .join('\n');

const pairs = (field: string, indent: string): string =>
  `{{ range .${field}.SortedPairs }}${indent}- {{ .Name }} = {{ .Value }}\n{{ end }}`;
const RESULT_COLOR = '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}';

const mailList = (field: string): string =>
  `{{ range .Alerts.${field} }}<p style="margin:0 0 16px"><strong>Labels</strong><br>
{{ range .Labels.SortedPairs }}{{ .Name }} = {{ .Value }}<br>
{{ end }}{{ if gt (len .Annotations) 0 }}<strong>Annotations</strong><br>
{{ range .Annotations.SortedPairs }}{{ .Name }} = {{ .Value }}<br>
{{ end }}{{ end }}<a href="{{ .GeneratorURL }}" style="color:#1f6feb">Source</a></p>
{{ end }}`;
const mailSection = (field: string): string =>
  `{{ if gt (len .Alerts.${field}) 0 }}<p style="margin:0 0 16px"><strong>[{{ .Alerts.${field} | len }}] ${field}</strong></p>
${mailList(field)}{{ end }}`;

/** Tables of one cell: what mail programs lay out alike. */
const MAIL = `<!DOCTYPE html>
<html>
<head>
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">
<title>${SUBJECT}</title>
</head>
<body style="margin:0;background:#f3f4f6;color:#1b1f24;font:14px/1.6 sans-serif">
<table role="presentation" align="center" width="600" cellspacing="0" cellpadding="20"
 style="max-width:100%;margin:20px auto;background:#fff;border:1px solid #d8dce1">
<tr><td align="center" style="color:#fff;font-size:16px;background:{{ if gt (len .Alerts.Firing) 0 }}#b3261e{{ else }}#1a7f37{{ end }}">
{{ .Alerts | len }} alert{{ if gt (len .Alerts) 1 }}s{{ end }} for {{ range .GroupLabels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}
</td></tr>
<tr><td>
<p style="margin:0 0 16px"><a href="${LINK}" style="color:#1f6feb;font-weight:bold">View in ${SENDER}</a></p>
${mailSection('Firing')}${mailSection('Resolved')}</td></tr>
<tr><td align="center" style="font-size:12px"><a href="{{ .ExternalURL }}" style="color:#6b7280">Sent by ${SENDER}</a></td></tr>
</table>
</body>
</html>
`;

const SLACK: Readonly<Record<string, string>> = {
  title: SUBJECT,
  username: SENDER,
  fallback: '{{ template "slack.default.title" . }} | {{ template "slack.default.titlelink" . }}',
  callbackid: '',
  pretext: '',
  titlelink: LINK,
  iconemoji: '',
  iconurl: '',
  text: '',
  footer: '',
  color: RESULT_COLOR,
};

export const DEFAULT_TEMPLATES: string = [
  define('__alertmanager', 'Alertmanager'),
  define('__alertmanagerURL', '{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}'),
  define(
    '__subject',
    '[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] ' +
      '{{ .GroupLabels.SortedPairs.Values | join " " }} ' +
      '{{ if gt (len .CommonLabels) (len .GroupLabels) }}' +
      '({{ with .CommonLabels.Remove .GroupLabels.Names }}{{ .Values | join " " }}{{ end }}){{ end }}',
  ),
  define('__description', ''),
  define(
    '__text_alert_list',
    `{{ range . }}Labels:\n${pairs('Labels', ' ')}Annotations:\n${pairs('Annotations', ' ')}Source: {{ .GeneratorURL }}\n{{ end }}`,
  ),
  define(
    '__text_alert_list_markdown',
    `{{ range . }}\nLabels:\n${pairs('Labels', '  ')}\nAnnotations:\n${pairs('Annotations', '  ')}\nSource: {{ .GeneratorURL }}\n{{ end }}\n`,
  ),
  ...Object.entries(SLACK).map(([name, body]) => define(`slack.default.${name}`, body)),
  define('pagerduty.default.description', SUBJECT),
  define('pagerduty.default.client', SENDER),
  define('pagerduty.default.clientURL', LINK),
  define('pagerduty.default.instances', '{{ template "__text_alert_list" . }}'),
  define('opsgenie.default.message', SUBJECT),
  define('opsgenie.default.description', `${ANNOTATIONS}\n${tightSections}`),
  define('opsgenie.default.source', LINK),
  define('telegram.default.message', sections('', '__text_alert_list')),
  define('discord.default.content', ''),
  define('discord.default.title', SUBJECT),
  define('discord.default.message', sections('', '__text_alert_list')),
  define('msteams.default.summary', SUBJECT),
  define('msteams.default.title', SUBJECT),
  define('msteams.default.text', sections('# ', '__text_alert_list_markdown')),
  define('msteamsv2.default.title', SUBJECT),
  define('msteamsv2.default.text', sections('# ', '__text_alert_list_markdown')),
  define('email.default.subject', SUBJECT),
  define('email.default.html', MAIL),
].join('\n');
