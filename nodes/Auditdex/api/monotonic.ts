/** Whole milliseconds on a clock that is never set, for durations: the computer's own may jump at any time. */
export const monotonicMs = (): number => Math.floor(performance.now());
