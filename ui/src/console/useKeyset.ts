// A long list a page at a time: "more" goes on after the last item, and nothing shows twice even if the service repeats it.
import { type Ref, ref, shallowRef, watch } from 'vue'

import type { Page } from './api'
import { isExpiry } from './error'
import { useConsoleSession } from './session'

export interface Keyset<T> {
  readonly items: Readonly<Ref<readonly T[]>>
  readonly total: Readonly<Ref<number>>
  readonly hasMore: Readonly<Ref<boolean>>
  readonly isLoading: Readonly<Ref<boolean>>
  /** The first page has not come yet. */
  readonly isFirst: Readonly<Ref<boolean>>
  readonly error: Ref<unknown>
  reload(): Promise<void>
  more(): Promise<void>
}

export function useKeyset<T>(
  ask: (after: string | null) => Promise<Page<T>>,
  idOf: (item: T) => string,
  key: () => unknown,
): Keyset<T> {
  const session = useConsoleSession()
  const items: Ref<readonly T[]> = shallowRef([])
  const total = ref(0)
  const next = ref<string | null>(null)
  const hasMore = ref(false)
  const isLoading = ref(false)
  const isFirst = ref(true)
  const error = ref<unknown>(null)
  let asked = 0
  /** The session ran out before the answer came. */
  let isOwed = false

  async function fetchPage(after: string | null): Promise<void> {
    const mine = ++asked
    isLoading.value = true
    error.value = null
    try {
      const page = await ask(after)
      if (mine !== asked) return
      const known = new Set(after === null ? [] : items.value.map(idOf))
      const fresh = page.items.filter((item) => !known.has(idOf(item)))
      items.value = after === null ? page.items : [...items.value, ...fresh]
      total.value = page.total
      next.value = page.next
      hasMore.value = page.next !== null
      isFirst.value = false
    } catch (failure) {
      if (session.notices(failure) || isExpiry(failure)) isOwed = true
      else if (mine === asked) error.value = failure
    } finally {
      if (mine === asked) isLoading.value = false
    }
  }

  const reload = (): Promise<void> => fetchPage(null)
  const more = async (): Promise<void> => {
    if (next.value !== null && !isLoading.value) await fetchPage(next.value)
  }
  watch(
    () => session.current,
    (current) => {
      if (!current || !isOwed) return
      isOwed = false
      void reload()
    },
  )
  watch(key, () => void reload())
  void reload()
  return { items, total, hasMore, isLoading, isFirst, error, reload, more }
}
