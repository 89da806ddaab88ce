// A stored photo as an address that an <img> can show. The address is given back when the photo changes or the page goes:
// a round has hundreds of photos, and the web view never frees an object address by itself.
import { onScopeDispose, ref, type Ref, watch } from 'vue'

import { type PhotoSize, useBackend } from '@/backend'

export interface PhotoUrl {
  readonly url: Ref<string | null>
  readonly error: Ref<unknown>
}

export function usePhotoUrl(sha256: () => string, size: PhotoSize): PhotoUrl {
  const backend = useBackend()
  const url = ref<string | null>(null)
  const error = ref<unknown>(null)

  function release(): void {
    if (url.value) URL.revokeObjectURL(url.value)
    url.value = null
  }

  watch(
    sha256,
    async (wanted) => {
      release()
      error.value = null
      try {
        const blob = await backend.photo(wanted, size)
        // Another photo may have been asked for meanwhile.
        if (wanted === sha256()) url.value = URL.createObjectURL(blob)
      } catch (problem) {
        if (wanted === sha256()) error.value = problem
      }
    },
    { immediate: true },
  )
  onScopeDispose(release)
  return { url, error }
}
