import {
  DEFAULT_WINDOW_BYTES,
  FLAG,
  FRAME,
  FRAME_LIMIT_BYTES,
  frameOf,
  HTTP2_ERROR,
  Http2Error,
  LARGEST_WINDOW_BYTES,
  readUint32,
} from './protocol.ts';

/** Numbers of settings (RFC 9113 §6.5.2). */
const SETTING = {
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;
const SETTING_BYTES = 6;
/** More are no settings but a flood. */
const SETTINGS_PER_FRAME = 64;
const LARGEST_FRAME_BYTES = 0xff_ffff;

/** What the peer said of itself. */
export class PeerSettings {
  maxConcurrentStreams: number = Number.POSITIVE_INFINITY;
  initialWindowBytes: number = DEFAULT_WINDOW_BYTES;

  /** Takes the settings in bytes[from, to). Throws an Http2Error. */
  take(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (length % SETTING_BYTES !== 0) throw new Http2Error(HTTP2_ERROR.frameSize, 'settings that are cut off');
    if (length > SETTINGS_PER_FRAME * SETTING_BYTES)
      throw new Http2Error(HTTP2_ERROR.enhanceYourCalm, 'too many settings');
    for (let at = from; at < to; at += SETTING_BYTES) {
      this.#set((bytes[at]! << 8) | bytes[at + 1]!, readUint32(bytes, at + 2));
    }
  }

  #set(setting: number, value: number): void {
    switch (setting) {
      case SETTING.maxConcurrentStreams:
        this.maxConcurrentStreams = value;
        break;
      case SETTING.initialWindowSize:
        if (value > LARGEST_WINDOW_BYTES) throw new Http2Error(HTTP2_ERROR.flowControl, `a window of ${value} bytes`);
        this.initialWindowBytes = value;
        break;
      case SETTING.maxFrameSize:
        // Ours have the size that everyone takes.
        if (value < FRAME_LIMIT_BYTES || value > LARGEST_FRAME_BYTES) {
          throw new Http2Error(HTTP2_ERROR.protocol, `frames of ${value} bytes`);
        }
        break;
      case SETTING.enablePush:
        if (value > 1) throw new Http2Error(HTTP2_ERROR.protocol, `the setting ENABLE_PUSH is ${value}`);
        break;
    }
  }
}

export interface OwnSettings {
  readonly streamWindowBytes: number;
  readonly maxHeaderListBytes: number;
  /** Of a server. */
  readonly maxConcurrentStreams?: number;
}

export function settingsFrame(own: OwnSettings): Buffer {
  const pairs: [setting: number, value: number][] = [
    [SETTING.initialWindowSize, own.streamWindowBytes],
    [SETTING.maxHeaderListSize, own.maxHeaderListBytes],
    own.maxConcurrentStreams === undefined
      ? [SETTING.enablePush, 0]
      : [SETTING.maxConcurrentStreams, own.maxConcurrentStreams],
  ];
  const payload = Buffer.alloc(pairs.length * SETTING_BYTES);
  for (const [index, [setting, value]] of pairs.entries()) {
    payload.writeUInt16BE(setting, index * SETTING_BYTES);
    payload.writeUInt32BE(value, index * SETTING_BYTES + 2);
  }
  return frameOf(FRAME.settings, 0, 0, payload);
}

export const SETTINGS_ACK: Buffer = frameOf(FRAME.settings, FLAG.ack, 0, new Uint8Array(0));
