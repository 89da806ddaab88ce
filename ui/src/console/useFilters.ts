// What a list is narrowed down to lives in the address, so that a copied link shows the same list and "back" works.
import { computed, type ComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

export interface Filters {
  /** Every filter of the page; empty when it is not set. */
  readonly values: ComputedRef<Readonly<Record<string, string>>>
  readonly key: ComputedRef<string>
  readonly isNarrowed: ComputedRef<boolean>
  set(name: string, value: string): void
  clear(): void
}

/** `kept` are filters that "clear" leaves alone, such as the round. */
export function useFilters(names: readonly string[], kept: readonly string[] = []): Filters {
  const route = useRoute()
  const router = useRouter()
  const values = computed(() =>
    Object.fromEntries(
      names.map((name) => {
        const value = route.query[name]
        return [name, typeof value === 'string' ? value : '']
      }),
    ),
  )
  const key = computed(() => JSON.stringify(values.value))
  const isNarrowed = computed(() => names.some((name) => !kept.includes(name) && values.value[name] !== ''))

  function set(name: string, value: string): void {
    const query = { ...route.query }
    if (value === '') delete query[name]
    else query[name] = value
    // Replaced, not pushed: "back" leaves the list instead of undoing one letter of a search at a time.
    void router.replace({ query })
  }

  function clear(): void {
    const query = Object.fromEntries(Object.entries(route.query).filter(([name]) => !names.includes(name) || kept.includes(name)))
    void router.replace({ query })
  }
  return { values, key, isNarrowed, set, clear }
}
