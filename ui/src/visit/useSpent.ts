// How long an item was in sight, for the record's time per item. Time with the app in the background does not count.
import { onBeforeUnmount, onMounted, type Ref } from 'vue'

export function useSpent(element: Ref<HTMLElement | undefined>): { spentMs: () => number } {
  let total = 0
  let since: number | null = null
  let isInView = false
  let observer: IntersectionObserver | undefined

  function settle(): void {
    if (since !== null) total += performance.now() - since
    since = isInView && document.visibilityState !== 'hidden' ? performance.now() : null
  }

  onMounted(() => {
    if ('IntersectionObserver' in window && element.value) {
      observer = new IntersectionObserver((entries) => {
        isInView = entries.at(-1)?.isIntersecting ?? false
        settle()
      })
      observer.observe(element.value)
    } else {
      isInView = true
      settle()
    }
    document.addEventListener('visibilitychange', settle)
  })
  onBeforeUnmount(() => {
    observer?.disconnect()
    document.removeEventListener('visibilitychange', settle)
  })

  return {
    spentMs() {
      settle()
      return Math.round(total)
    },
  }
}
