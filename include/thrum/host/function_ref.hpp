#ifndef THRUM_HOST_FUNCTION_REF_HPP
#define THRUM_HOST_FUNCTION_REF_HPP

#include <utility>

#include "thrum/host/build.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// A callable that somebody else owns: what takes one is compiled once, not once for each callable, and
/// nothing is allocated. Lives no longer than the call it is made for.
template <typename Signature>
class FunctionRef;

template <typename Result, typename... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
  template <typename Callable>
  FunctionRef(const Callable& callable)
      : callable_(&callable), call_([](const void* target, Arguments... arguments) -> Result {
          return (*static_cast<const Callable*>(target))(std::forward<Arguments>(arguments)...);
        }) {}

  Result operator()(Arguments... arguments) const {
    return call_(callable_, std::forward<Arguments>(arguments)...);
  }

 private:
  const void* callable_;
  Result (*call_)(const void*, Arguments...);
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_FUNCTION_REF_HPP
