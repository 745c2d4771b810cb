"""``python -m tests.faults.soon_told serve``: a server that looks at webhooks often, and soon tells
those of one that is gone."""

from alphasync.services import webhook_sender
from tests.faults import patient

PROGRAM = ("-m", "tests.faults.soon_told")

if __name__ == "__main__":
    webhook_sender.LEASE = 2.0
    webhook_sender.LOOK_INTERVAL = 0.2
    webhook_sender.IDLE = 1.0
    webhook_sender.WAITS = (1,)  # type: ignore[assignment]
    patient.run()
