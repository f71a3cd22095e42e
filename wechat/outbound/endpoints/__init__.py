"""The calls to WeChat by subject; :class:`wechat.client.Client` is all of them together."""
