import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '#base';
import { makeAlert } from '../alert.ts';
import { readNotifyConfig } from '../config/file.ts';
import { instantAt, NO_INSTANT } from '../instant.ts';
import { labelsOf } from '../labels.ts';
import type { Notification } from '../notification.ts';
import { TemplateData } from '../template/data.ts';
import { NotifyTemplates } from '../template/templates.ts';
import { readAddresses } from './addresses.ts';
import type { Sender } from './receiver.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that takes mail, and what it was told. */
async function smtpServer(
  extensions: readonly string[] = [],
): Promise<{ readonly port: number; readonly heard: string[] }> {
  const heard: string[] = [];
  const server = createServer((socket: Socket) => {
    let isData = false;
    socket.write('220 test\r\n');
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      for (const line of bytes.toString().split('\r\n')) {
        if (line === '' && !isData) continue;
        heard.push(line);
        if (isData) {
          if (line !== '.') continue;
          isData = false;
          socket.write('250 taken\r\n');
        } else if (line.startsWith('EHLO')) {
          socket.write(
            `${['test', ...extensions].map((one, i, all) => `250${i === all.length - 1 ? ' ' : '-'}${one}`).join('\r\n')}\r\n`,
          );
        } else if (line === 'DATA') {
          isData = true;
          socket.write('354 go on\r\n');
        } else if (line.startsWith('AUTH')) socket.write('235 welcome\r\n');
        else if (line === 'QUIT') socket.end('221 bye\r\n');
        else socket.write('250 fine\r\n');
      }
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, heard };
}

const now = instantAt(Date.UTC(2026, 0, 5));
const NOTIFICATION: Notification = {
  receiver: 'ops',
  groupKey: '{}:{}',
  groupLabels: labelsOf([['alertname', 'Down']]),
  routeLabels: new Map(),
  reason: 'first notification',
  alerts: [
    makeAlert({
      labels: labelsOf([
        ['alertname', 'Down'],
        ['job', '<api>'],
      ]),
      annotations: labelsOf([['summary', 'it is down']]),
      startsAt: now,
      endsAt: NO_INSTANT,
      generatorUrl: 'javascript:alert(1)',
      updatedAtMs: now.ms,
      isTimeout: true,
    }),
  ],
  nowMs: now.ms,
  kept: new Map(),
};

function senderOf(receiver: string, global = ''): Sender {
  const text = `global: {smtp_from: 'Signalbox <box@example.org>', smtp_require_tls: false${global}}\nroute: {receiver: ops}\nreceivers: [{name: ops, email_configs: [${receiver}]}]`;
  const [way] = readNotifyConfig({ text, file: 'a.yml' }).receivers[0]!.ways;
  const templates = new NotifyTemplates([], () => now.ms);
  const data = (notification: Notification): TemplateData => new TemplateData(notification, 'http://console');
  return way!.type.make(way!.config, {
    clock: systemClock,
    templates,
    data,
    http: () => ({ post: () => Promise.reject(new Error('no')) }),
  });
}

const never = new AbortController().signal;

test('a mail has the words of Alertmanager, and no address that runs something', async () => {
  const { port, heard } = await smtpServer(['AUTH PLAIN']);
  const sender = senderOf(
    `{to: 'Ops <ops@example.org>, "Doe, Jane" <jane@example.org>', smarthost: '127.0.0.1:${port}', auth_username: me, auth_password: pw, headers: {x-own: '{{ .Status }}'}, text: 'plain {{ .Status }}'}`,
  );
  expect(await sender.send(NOTIFICATION, never)).toEqual({ isDelivered: true });
  const all = heard.join('\n').replaceAll('=\n', '');
  expect(heard).toContain(`AUTH PLAIN ${Buffer.from('\0me\0pw').toString('base64')}`);
  expect(heard.filter((line) => /^(MAIL|RCPT)/.test(line)).map((line) => line.replace(/ SIZE.*/, ''))).toEqual([
    'MAIL FROM:<box@example.org>',
    'RCPT TO:<ops@example.org>',
    'RCPT TO:<jane@example.org>',
  ]);
  expect(all).toMatch(/^Subject: \[FIRING:1\] Down \(<api>\)$/m);
  expect(all).toMatch(/^X-Own: firing$/im);
  expect(all).toContain('plain firing');
  expect(all).toContain('job =3D &lt;api&gt;');
  expect(all).toContain('summary =3D it is down');
  expect(all).toContain('href=3D"#ZgotmplZ"');
  expect(all).not.toContain('javascript:');
});

test('a header that would begin another stays one', async () => {
  const { port, heard } = await smtpServer();
  const sender = senderOf(
    `{to: a@b.c, smarthost: '127.0.0.1:${port}', headers: {Subject: "x\\nBcc: evil@example.org"}}`,
  );
  expect(await sender.send(NOTIFICATION, never)).toEqual({ isDelivered: true });
  expect(heard.filter((line) => /^Bcc/i.test(line))).toEqual([]);
});

test('TLS that is required and not offered is no delivery in plain text', async () => {
  const { port, heard } = await smtpServer();
  const sender = senderOf(`{to: a@b.c, smarthost: '127.0.0.1:${port}', require_tls: true}`);
  expect(await sender.send(NOTIFICATION, never)).toMatchObject({ isDelivered: false, isRetryable: true });
  expect(heard).not.toContain('DATA');
});

test('an abort ends a delivery that hangs', async () => {
  const server = createServer(() => undefined);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const abort = new AbortController();
  const sent = senderOf(`{to: a@b.c, smarthost: '127.0.0.1:${(server.address() as AddressInfo).port}'}`).send(
    NOTIFICATION,
    abort.signal,
  );
  abort.abort();
  expect(await sent).toMatchObject({ isDelivered: false });
});

test('addresses', () => {
  expect(readAddresses('a@b.c, "x, y" <d@e.f>')).toEqual(['a@b.c', 'd@e.f']);
  expect(() => readAddresses('nobody')).toThrow(/no mail address/);
});
