/** `signalbox/1.2.3 (linux/amd64)`, in the form that otelcol sends. */
export function userAgent(version: string): string {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  return `signalbox/${version} (${process.platform}/${arch})`;
}
