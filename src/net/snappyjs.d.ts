declare module 'snappyjs' {
  export function compress<T extends Uint8Array>(uncompressed: T): T;
}
