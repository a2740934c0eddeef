declare module 'snappyjs' {
  /** Throws an Error for what is not Snappy's block format, and past the bound before anything is unpacked. */
  export function uncompress(packed: Uint8Array, mostBytes?: number): Uint8Array;
  export function compress(bytes: Uint8Array): Uint8Array;
}
