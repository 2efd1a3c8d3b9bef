from policy.variables.item import Items


class Document:
    def select(self, e: str, n: object) -> Items:
        return ()
