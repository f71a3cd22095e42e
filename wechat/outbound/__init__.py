"""All that calls WeChat: client, tokens, endpoints, errors and what is done about them."""
