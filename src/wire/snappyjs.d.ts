declare module 'snappyjs' {
  export function compress<T extends Uint8Array>(uncompressed: T): T;
  export function uncompress<T extends Uint8Array>(compressed: T): T;
}
