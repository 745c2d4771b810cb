"""Logins whose backend says of which team somebody is, and in which role."""

from tests.integration.sign_ins.offices import Office, claims_of

RUN = {"profileId": "p1", "type": "chat"}


async def test_who_signs_in_to_a_team_shares_its_account_in_their_role(office: Office) -> None:
    office.gateway.operator, office.gateway.membership = "ann", {"team": "red"}
    ann = await office.device(await office.login())
    office.gateway.operator = "vic"
    office.gateway.membership = {"team": "red", "role": "viewer"}
    login = await office.login()
    status, refreshed = await office.refresh(login["token"])
    assert status == 200
    for token in (login["token"], refreshed["token"]):
        claims = claims_of(token)
        assert (claims["operatorId"], claims["team"], claims["role"]) == ("vic", "red", "viewer")
    vic = await office.cluster.device(token=refreshed["token"])
    assert (await ann.start("p1"))["ok"]
    assert (await vic.wait_for("processingComplete"))["operatorId"] == "ann"
    assert (await vic.start("p1"))["code"] == "not_allowed"
    assert (await office.profiles(login))[0] == 200
    assert (await ann.call("clearBlocklist", RUN))["code"] == "not_allowed"


async def test_a_login_in_a_role_that_there_is_not_lets_nobody_in(office: Office) -> None:
    office.gateway.membership = {"team": "red", "role": "owner"}
    credentials = {"email": "a@b.example", "password": "all"}
    status, body = await office.call("POST", "/api/auth/login", json=credentials)
    assert (status, body["code"]) == (502, "gateway_unavailable")
