// Every class template whole, without exceptions: members that nobody calls are not compiled otherwise.
#include "thrum/compiled.hpp"
#include "thrum/thrum.hpp"

template class thrum::Series<double>;
template class thrum::Series<int>;
