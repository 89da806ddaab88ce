// A label stays before the camera longer than one frame: the same text counts once until it has been out of sight for a
// while. Another text counts at once.
export class CoolDown {
  private readonly last = new Map<string, number>()

  constructor(private readonly restMs = 2000) {}

  /** Whether this sight of the text counts. Each sight starts the rest anew, so a label held still never repeats. */
  isFresh(text: string, now: number): boolean {
    const before = this.last.get(text)
    this.last.set(text, now)
    for (const [other, at] of this.last) if (now - at > this.restMs) this.last.delete(other)
    return before === undefined || now - before > this.restMs
  }
}
