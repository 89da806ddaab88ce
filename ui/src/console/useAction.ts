// One write to the service: under way, failed in place, or done. What was typed stays where it is.
import { type Ref, ref } from 'vue'

import { useConsoleSession } from './session'

export interface Action {
  readonly isRunning: Readonly<Ref<boolean>>
  readonly error: Ref<unknown>
  /** The answer, or `null` when it failed. */
  run<T>(write: () => Promise<T>): Promise<{ readonly answer: T } | null>
}

export function useAction(): Action {
  const session = useConsoleSession()
  const isRunning = ref(false)
  const error = ref<unknown>(null)

  async function run<T>(write: () => Promise<T>): Promise<{ readonly answer: T } | null> {
    // A second press while the first is under way is a slip, not a second wish.
    if (isRunning.value) return null
    isRunning.value = true
    error.value = null
    try {
      return { answer: await write() }
    } catch (failure) {
      if (!session.notices(failure)) error.value = failure // Otherwise the log-in shows, and the press is repeated after it.
      return null
    } finally {
      isRunning.value = false
    }
  }
  return { isRunning, error, run }
}
