"""Live streams that outlive their connections. The thinking is pure and shared by both clients:
`tracker` knows the order of frames and the position, `reconnect` what to do when a stream ends,
`book` which commands wait for their result, `machine` puts them together. The clients' drivers
alone wait."""
