// What went wrong, as every backend says it: a code to act on and a sentence for people in both languages.
import type { Code, SealProblem, Text } from '@/gen'

export class BackendError extends Error {
  constructor(
    /** What the page acts on. */
    readonly code: Code,
    /** What happened and what to do. */
    readonly text: Text,
    /** For `not_ready`: what is missing. */
    readonly problems: readonly SealProblem[] = [],
    /** Whether the same call may succeed later without anyone changing anything. */
    readonly retryable = false,
  ) {
    super(text.zh)
  }
}

/** Any failure as one that can be shown. */
export function asBackendError(error: unknown): BackendError {
  if (error instanceof BackendError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new BackendError('system', { zh: `程序内部出错：${reason}`, en: `Something failed inside the program: ${reason}` })
}
