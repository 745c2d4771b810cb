"""HTTP requests byte by byte: first lines, headers, bodies whose length is said in many ways."""

from hypothesis import strategies as st

ROUTES = (
    *(b"/", b"/readyz", b"/healthz", b"/metrics", b"/api/auth/login", b"/api/auth/refresh"),
    *(b"/api/profiles", b"/api/do-not-contact/import", b"/static/app.js", b"/nowhere"),
    *(b"/socket.io/?EIO=4&transport=polling", b"/socket.io/?EIO=4&transport=websocket"),
)
ODD_TARGETS = (
    *(b"*", b"", b"http://x/", b"//x//", b"/%", b"/%ff", b"/%00", b"/\xff", b"/a b", b"/\x00"),
    *(b"/..", b"/../../etc/passwd", b"/static/%2e%2e/%2e%2e", b"/?" + b"a=b&" * 500, b"x:y"),
    *(b"/" + b"x" * 9_000, b"http://[::1", b"http://a:b:c/", b"/#x", b"?x", b"/;x", b"[/]"),
    *(b"http://[::1]@", b"http://xn--/", b"http://%zz/", b"//[::1]@/"),
)
METHODS = (
    *(b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT"),
    *(b"get", b"PRI", b"", b"G\x00T", b"G T", b"X" * 300, b"\xff", b"GE:T"),
)
VERSIONS = (
    *(b"HTTP/1.1",) * 40,
    *(b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.9", b"HTTP/9.1", b"http/1.1", b"", b"HTTP/"),
    *(b"HTTP/1.1 ", b"HTTP/11", b"HTTP/1.\xff"),
)
NAMES = (
    *(b"Host", b"Connection", b"Upgrade", b"Content-Type", b"Content-Encoding", b"Expect"),
    *(b"Transfer-Encoding", b"Content-Length", b"Cookie", b"Origin", b"Authorization", b"Range"),
    *(b"Sec-WebSocket-Key", b"Sec-WebSocket-Version", b"Sec-WebSocket-Extensions", b"TE"),
    *(b"X-Forwarded-For", b"Forwarded", b"X-Alpha-Date-Token", b"If-None-Match", b"Accept"),
    *(b"", b" Host", b"Host ", b"X\x00", b"X\xff", b"X:", b"x" * 300, b"(", b"Trailer"),
)
VALUES = (
    *(b"", b"x", b"\xff\xfe", b"a\x00b", b"a\tb", b"\x7f", b"close", b"keep-alive", b"Upgrade"),
    *(b"websocket", b"13", b"dGhlIHNhbXBsZSBub25jZQ==", b"permessage-deflate", b"h2c", b"gzip"),
    *(b"permessage-deflate; client_max_window_bits=99", b"chunked", b"gzip, chunked", b"0", b"-1"),
    *(b"+5", b"5, 5", b"0x5", b"99999999999999999999", b"application/json", b"text/csv"),
    *(b"100-continue", b"bytes=0-", b"null", b"http://evil", b"Bearer x", b"x" * 9_000),
    *(b"a\r\n b", b"a\r\n\tb", b"a\rb", b"a\nb", b"multipart/form-data; boundary=", b"deflate"),
)
CHUNKS = (
    *(b"0\r\n\r\n", b"3\r\nabc\r\n0\r\n\r\n", b"3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n", b"zz\r\n"),
    *(b"-1\r\n", b"3\r\nabcd\r\n", b"ffffffffffffffff\r\n", b"3\nabc\n0\n\n", b"1" * 9_000),
    *(
        b"1\r\nx\r\n" * 300 + b"0\r\n\r\n",
        b"3\r\nab",
        b"0\r\n",
        b"\r\n",
        b"0x3\r\nabc\r\n0\r\n\r\n",
    ),
)

_routes, _right_methods = st.sampled_from(ROUTES), st.sampled_from(METHODS[:4])
targets = st.one_of(
    *(_routes, _routes, _routes, _routes), st.sampled_from(ODD_TARGETS), st.binary(max_size=20)
)
methods = st.one_of(*(_right_methods, _right_methods, _right_methods), st.sampled_from(METHODS))
headers = st.tuples(
    st.one_of(st.sampled_from(NAMES), st.binary(max_size=8)),
    st.one_of(st.sampled_from(VALUES), st.binary(max_size=12)),
)
bodies = st.one_of(
    st.just(b""),
    st.sampled_from(
        [b"{}", b'{"email":"a","password":"b"}', b"[" * 5_000, b"id\nx\n", b"\xff" * 9]
    ),
    st.binary(max_size=30),
)


@st.composite
def framed(draw: st.DrawFn) -> bytes:
    """The headers that say how long a body is, and the body: right, or in two minds."""
    body = draw(bodies)
    length = b"Content-Length: %d\r\n" % len(body)
    wrong = b"Content-Length: %d\r\n" % (len(body) + draw(st.sampled_from([-1, 1, 9, 10**6])))
    chunked = b"Transfer-Encoding: chunked\r\n"
    chunks = draw(st.sampled_from(CHUNKS))
    return draw(
        st.sampled_from(
            [
                *(b"\r\n", b"\r\n", b"\r\n", length + b"\r\n" + body, length + b"\r\n" + body),
                length + length + b"\r\n" + body,
                length + wrong + b"\r\n" + body,
                wrong + b"\r\n" + body,
                length + chunked + b"\r\n" + chunks,
                chunked + length + b"\r\n" + body,
                chunked + b"\r\n" + chunks,
                chunked + chunked + b"\r\n" + chunks,
                b"Transfer-Encoding: xchunked\r\n\r\n" + chunks,
                b"transfer-encoding:\tchunked\r\n\r\n" + chunks,
                b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + chunks,
            ]
        )
    )


@st.composite
def request(draw: st.DrawFn) -> bytes:
    end = draw(st.sampled_from([b"\r\n"] * 24 + [b"\n", b"\r", b""]))
    first = b" ".join((draw(methods), draw(targets), draw(st.sampled_from(VERSIONS))))
    lines = [first, draw(st.sampled_from([b"Host: localhost"] * 9 + [b"Host: x"]))]
    if draw(st.booleans()):
        lines.append(b"Connection: close")
    lines += [
        b"%b:%b %b" % (name, b"", value) for name, value in draw(st.lists(headers, max_size=2))
    ]
    return end.join(lines) + end + draw(framed())


KINDS: dict[str, st.SearchStrategy[bytes]] = {
    "requests": request(),
    "pipelined": st.lists(request(), min_size=2, max_size=4).map(b"".join),
    "cut off": st.tuples(request(), st.integers(0, 200)).map(lambda cut: cut[0][: cut[1]]),
    "many headers": st.integers(50, 3_000).map(
        lambda n: b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * n + b"\r\n"
    ),
    "bytes": st.binary(min_size=1, max_size=200),
}
