declare module 'snappyjs' {
  /** Throws an Error when `compressed` is not a snappy block or its content is longer than `maxLength` bytes. */
  export function uncompress<T extends Uint8Array>(compressed: T, maxLength?: number): T;
  export function compress<T extends Uint8Array>(uncompressed: T): T;
}
