"""stub"""
def tables_of(found):
    return []
