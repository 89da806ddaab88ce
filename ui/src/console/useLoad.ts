// One thing of the service for a page: loading, there, or failed with a way to try again. Late answers to an earlier
// question are dropped.
import { type Ref, ref, shallowRef, watch } from 'vue'

import { isExpiry } from './error'
import { useConsoleSession } from './session'

export interface Load<T> {
  readonly value: Readonly<Ref<T | null>>
  readonly error: Ref<unknown>
  readonly isLoading: Readonly<Ref<boolean>>
  load(): Promise<void>
}

/** Loads at once, and again whenever `key` changes. */
export function useLoad<T>(question: () => Promise<T>, key: () => unknown = () => 0): Load<T> {
  const session = useConsoleSession()
  const value: Ref<T | null> = shallowRef(null)
  const error = ref<unknown>(null)
  const isLoading = ref(false)
  let asked = 0
  /** The session ran out before the answer came. */
  let isOwed = false

  async function load(): Promise<void> {
    const mine = ++asked
    isLoading.value = true
    error.value = null
    try {
      const answer = await question()
      if (mine === asked) value.value = answer
    } catch (failure) {
      if (session.notices(failure) || isExpiry(failure)) isOwed = true
      else if (mine === asked) error.value = failure
    } finally {
      if (mine === asked) isLoading.value = false
    }
  }

  watch(
    () => session.current,
    (current) => {
      if (!current || !isOwed) return
      isOwed = false
      void load()
    },
  )
  watch(key, () => {
    value.value = null
    void load()
  })
  void load()
  return { value, error, isLoading, load }
}
