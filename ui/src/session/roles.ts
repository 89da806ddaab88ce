// What a person's roles make of the app: whoever only reviews has no visits to walk.
import type { PersonView } from '@/gen'

export const isReviewer = (person: PersonView | null): boolean => person?.roles.includes('reviewer') ?? false

export const walks = (person: PersonView | null): boolean => !isReviewer(person) || (person?.roles.includes('inspector') ?? false)
