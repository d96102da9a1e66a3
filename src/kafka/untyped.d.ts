declare module 'lz4js' {
  const lz4: {
    /** Unpacks one block into `target` from `at` on and returns where it ended. */
    decompressBlock(source: Uint8Array, target: Uint8Array, from: number, length: number, at: number): number;
  };
  export default lz4;
}

declare module 'snappyjs' {
  const snappy: {
    /** Unpacks one block; throws when it is damaged or larger than `most` bytes. */
    uncompress(packed: Buffer, most: number): Buffer;
  };
  export default snappy;
}
