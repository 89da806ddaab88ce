"""Anki's own client without its window: fills a collection with photos, or synchronises it and its media.

    anki_client.py fill COLLECTION PHOTOS NOTES    as many notes as given, the photos spread over them
    anki_client.py sync COLLECTION URL             first upload of collection and media; prints seconds as JSON
"""

import json
import sys
import time
from pathlib import Path

from anki.collection import Collection

USER, PASSWORD = "bench", "bench"


def fill(collection: str, photos: str, notes: int) -> None:
    col = Collection(collection)
    files = sorted(Path(photos).iterdir())
    names = [col.media.add_file(str(file)) for file in files]
    model = col.models.by_name("Basic")
    deck = col.decks.id("bench")
    for no in range(notes):
        note = col.new_note(model)
        note["Front"] = f"visit {no}"
        note["Back"] = "".join(f'<img src="{name}">' for name in names[no::notes])
        col.add_note(note, deck)
    col.close()


def sync(collection: str, url: str) -> None:
    col = Collection(collection)
    begun = time.monotonic()
    auth = col.sync_login(USER, PASSWORD, url)
    asked = col.sync_collection(auth, False)
    if asked.required in (asked.FULL_SYNC, asked.FULL_UPLOAD):
        col.close_for_full_sync()
        col.full_upload_or_download(auth=auth, server_usn=None, upload=True)
        col.reopen(after_full_sync=True)
    media_begun = time.monotonic()
    col.sync_media(auth)
    # Raises what went wrong; the media go up in the background.
    while col.media_sync_status().active:
        time.sleep(0.02)
    done = time.monotonic()
    print(json.dumps({"collection": media_begun - begun, "media": done - media_begun}))
    col.close()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fill", collection, photos, notes]:
            fill(collection, photos, int(notes))
        case ["sync", collection, url]:
            sync(collection, url)
        case _:
            sys.exit(__doc__)
