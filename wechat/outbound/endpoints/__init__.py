"""The calls to WeChat by subject; :class:`wechat.outbound.client.Client` is all of them together."""
