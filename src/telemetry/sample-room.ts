/**
 * Room for decoded samples, given out piece by piece: a few large arrays in place of two small ones a series. With
 * `reuse` everything given out so far may be written over.
 */
export class SampleRoom {
  #times: Float64Array;
  #values: Float64Array;
  #used = 0;

  constructor(samples = 16_384) {
    this.#times = new Float64Array(samples);
    this.#values = new Float64Array(samples);
  }

  take(count: number): { timestamps: Float64Array; values: Float64Array } {
    if (this.#used + count > this.#times.length) {
      // What was given out of the arrays before stays with those who have it.
      const size = Math.max(count, Math.min(this.#times.length * 2, 1_048_576));
      this.#times = new Float64Array(size);
      this.#values = new Float64Array(size);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += count;
    return {
      timestamps: this.#times.subarray(from, this.#used),
      values: this.#values.subarray(from, this.#used),
    };
  }

  reuse(): void {
    this.#used = 0;
  }
}
