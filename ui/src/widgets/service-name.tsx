/** A service's name beside its hue: the same hue on every page, and never the hue alone. */
import { serviceColour } from '../lib/colour.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { useTheme } from '../lib/theme.tsx';

export function ServiceDot({ name }: { readonly name: string }) {
  const { tokens } = useTheme();
  return <i className="service-dot" style={{ background: serviceColour(name, tokens.name) }} />;
}

export function ServiceName({ name, strong = false }: { readonly name: string; readonly strong?: boolean }) {
  return (
    <span className="service-name" title={visibleText(name)}>
      <ServiceDot name={name} />
      <span className={strong ? 'truncate strong' : 'truncate'}>{visibleText(name) || '(no service name)'}</span>
    </span>
  );
}
