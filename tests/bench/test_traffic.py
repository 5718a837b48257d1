import socket
import threading

import pytest

from tests.bench.scripts import script

traffic = script("traffic")


@pytest.fixture
def connection():
    """A connection to a listener that says nothing: what arrives is up to the test."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        opened = traffic.Connection(traffic.Address("127.0.0.1", listener.getsockname()[1]))
        yield opened
        opened.socket.close()


def in_pieces(data, size):
    """What arrives when a network cuts it at every ``size`` bytes."""
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
    ],
)
def test_an_answer_is_taken_whole_however_it_arrives(connection, answer, size):
    """Only the last piece completes it, with a length or in chunks."""
    *before, last = [connection.received(piece) for piece in in_pieces(answer, size)]

    assert before == [None] * len(before)
    assert last == traffic.Response(201, b"hello", is_last=False)


def test_a_connection_that_ends_early_is_an_error(connection):
    """Half an answer is not counted as one."""
    connection.received(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")

    with pytest.raises(traffic.TrafficError):
        connection.received(b"")


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1:8000", "http://example.org", "https://127.0.0.1:8000", "127.0.0.1:8000"]
)
def test_nothing_but_loopback_is_measured(url):
    """Another machine, and anything but plain HTTP, is refused before a connection is opened."""
    with pytest.raises(traffic.TrafficError):
        traffic.Address.of(url)


def answering(statuses):
    """A listener that answers each request with the next status, for as long as there are any."""

    def serve(listener):
        for status in statuses:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                head = f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                connection.sendall(head.encode())

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, args=(listener,))
    thread.start()
    return listener, thread


def once(address, status):
    """A turn of one request that wants a status."""
    response = yield address.request("GET", "/")
    if response.status != status:
        raise traffic.WrongAnswerError(response.status)


def test_waiting_for_a_connection_counts():
    """Of three turns due at once on one connection the last waits longest; a wrong answer is named."""
    listener, thread = answering([200, 500, 200])
    address = traffic.Address("127.0.0.1", listener.getsockname()[1])
    arrivals = [traffic.Arrival(0.0, str(number), once(address, 200)) for number in range(3)]

    answered = list(traffic.pace(address, arrivals, connections=1))

    thread.join()
    listener.close()
    assert [(one.name, one.wrong) for one in answered] == [("0", None), ("1", 500), ("2", None)]
    took = [one.milliseconds for one in answered]
    assert took == sorted(took)
