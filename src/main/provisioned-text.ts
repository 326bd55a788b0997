/** `$NAME` and `${NAME}` in a text of Grafana's provisioning, as Grafana fills them in from the environment; `$$` is one. */
export function withEnvironment(text: string): string {
  return text.replace(/\$\$|\$(?:\{(\w+)\}|(\w+))/g, (all, braced, plain) =>
    all === '$$' ? '$' : (process.env[(braced ?? plain) as string] ?? ''),
  );
}
