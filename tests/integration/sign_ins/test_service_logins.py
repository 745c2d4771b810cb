"""What a service token asks the gateway with: the token of the login that it was made with."""

from typing import Any

from tests.harness import Device
from tests.integration.sign_ins.offices import Office, waiting, waits

ABOUT = {"profileId": "p1", "type": "chat"}


class Service:
    """A backend with a service token of the office."""

    def __init__(self, office: Office, token: str) -> None:
        self._office = office
        self._headers = {"Authorization": f"Bearer {token}"}

    async def call(self, command: str, **fields: Any) -> tuple[int, Any]:
        path = f"/api/commands/{command}"
        payload = {**ABOUT, **fields}
        return await self._office.call("POST", path, json=payload, headers=self._headers)


async def service_of(office: Office, token: str) -> Service:
    status, made = await office.call(
        "POST",
        "/api/tokens",
        json={"name": "billing", "role": "admin"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert status == 200, made
    return Service(office, made["token"])


async def watching(office: Office) -> Device:
    """A device of the account whose token no login made: it lends runs nothing."""
    return await office.cluster.device()


async def test_its_makers_login_ends_and_it_goes_on(office: Office) -> None:
    device, login = await watching(office), await office.login()
    service = await service_of(office, login["token"])
    headers = {"Authorization": f"Bearer {login['token']}"}
    assert (await office.call("DELETE", "/api/sessions/current", headers=headers))[0] == 200
    status, counted = await service.call("previewRun")
    assert (status, counted["toMessage"]) == (200, 10)
    assert (await service.call("startProcessing", message="Hello"))[0] == 200
    await device.wait_for("processingComplete")
    assert office.gateway.used("p1") == {"upstream-all-0"}


async def test_the_gateway_takes_its_token_no_more(office: Office) -> None:
    device = await watching(office)
    service = await service_of(office, (await office.login())["token"])
    office.gateway.revoke()
    status, refused = await service.call("previewRun")
    assert (status, refused["code"]) == (401, "sign_in_again")
    assert (await service.call("startProcessing", message="Hello"))[0] == 200
    await waiting(device)
    await office.login()
    await device.wait_for("processingComplete")
    assert office.gateway.used("p1") == {"upstream-all-1"}
    assert (await service.call("previewRun"))[0] == 200


async def test_one_of_a_token_that_was_signed_elsewhere_sends_as_the_service(
    office: Office,
) -> None:
    device = await watching(office)
    service = await service_of(office, office.cluster.token())
    status, counted = await service.call("previewRun")
    assert (status, counted["toMessage"]) == (200, 10)
    assert (await service.call("startProcessing", message="Hello"))[0] == 200
    await device.wait_for("processingComplete")
    assert office.gateway.used("p1") == {"service"}


async def test_nobody_can_sign_in_for_one_that_sends_as_the_service(office: Office) -> None:
    device = await watching(office)
    service = await service_of(office, office.cluster.token())
    office.gateway.service_token = "another"
    assert (await service.call("startProcessing", message="Hello"))[0] == 200
    ended = await device.wait_for("processingInterrupted")
    assert ended["code"] == "gateway_refused"
    assert not any(waits(event) for event in device.named("processingProgress"))
